import { dataDirOption, type Command } from '../command.ts';
import { runtimeOptions, sourceOptions } from '../source-options.ts';

export const upCommand: Command = {
  name: 'up',
  summary: 'starts a cluster and keeps it true to a Git repository or a folder',
  arguments: [
    { name: 'REPO', summary: 'URL (https, ssh, file), path of a repository, or folder (default: the present folder)', completes: 'files' },
  ],
  options: [
    ...sourceOptions,
    { flags: '--revision REF', summary: 'branch, tag, range of tags (`>=1.2 <2`) or commit', defaultsTo: 'the default branch' },
    { flags: '--name APP', summary: 'name of the Application', defaultsTo: 'last part of the path or the repository' },
    { flags: '--namespace NS', summary: 'of the Application, and of objects that name none', defaultsTo: 'default' },
    { ...dataDirOption, summary: 'where the cluster keeps its data', defaultsTo: '$XDG_STATE_HOME/steer/NAME' },
    { flags: '--port N', summary: 'port of the API server on 127.0.0.1', defaultsTo: 'a free one' },
    ...runtimeOptions,
    { flags: '--reserve AMOUNTS', summary: 'of this machine, kept back from pods: cpu=500m,memory=1Gi' },
    { flags: '--nodes N', summary: 'how many nodes the runtime simulated has', defaultsTo: '1' },
    { flags: '--controllers LIST', summary: 'which controllers run: `*,-deployment` is all but one', defaultsTo: '*' },
    { flags: '--scheduler-config FILE', summary: 'a KubeSchedulerConfiguration: profiles of the scheduler, their plugins and args' },
    { flags: '--leader-elect', summary: 'run controllers and scheduler only while this process holds the Lease of them' },
    {
      flags: '--node-monitor-grace-period T',
      summary: 'how long a node may be silent before it counts as failed',
      defaultsTo: '50s; of more than 500 nodes 0.1s for each',
    },
    { flags: '--interval T', summary: 'how often a remote repository is asked', defaultsTo: '30s' },
    { flags: '--deadline T', summary: 'after how long a sync that is not healthy has failed', defaultsTo: '5m' },
    {
      flags: '--audit-log FILE',
      summary: 'where to write one line of JSON per request that changes something',
      defaultsTo: 'audit.log in the data directory',
    },
    {
      flags: '--audit-level LEVEL',
      summary: 'how much it says: Metadata, Request (also what was sent) or RequestResponse',
      defaultsTo: 'Metadata',
      values: ['Metadata', 'Request', 'RequestResponse'],
    },
    { flags: '--once', summary: 'end with the first verdict: 0 healthy, 1 not' },
  ],
  examples: [
    ['steer up', 'the repository or folder that one stands in'],
    ['steer up https://github.com/stefanprodan/podinfo --path kustomize --unserved skip', 'a remote repository'],
    ['steer up ./repo --path clusters/dev --once --deadline 2m', 'in CI: 0 when everything got healthy'],
  ],
  run: async (call) => (await import('../up.ts')).runUp(call),
};
