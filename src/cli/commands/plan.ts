import { dataDirOption, type Command } from '../command.ts';
import { forecastOptions } from '../forecast-options.ts';
import { reviewFormats } from '../review-formats.ts';
import { reviewOptions, sourceOptions } from '../source-options.ts';

export const planCommand: Command = {
  name: 'plan',
  summary: 'shows what a sync or a merge would change, and changes nothing',
  arguments: [{ name: 'REPO', summary: 'repository or folder (default: the present folder)', completes: 'files' }],
  options: [
    ...sourceOptions,
    { flags: '--from REV', summary: 'plan between two revisions, without a cluster: begin here' },
    { flags: '--to REV', summary: '… and end here', defaultsTo: 'HEAD' },
    { flags: '--revision REF', summary: 'what to plan against the live cluster', defaultsTo: 'the default branch' },
    { flags: '--kubeconfig F', summary: 'plan against the cluster of this kubeconfig' },
    { flags: '--context NAME', summary: 'context of the kubeconfig', defaultsTo: 'its current one' },
    dataDirOption,
    {
      flags: '--name APP',
      summary: 'the path is one application of this name',
      defaultsTo: 'the one of the running `steer up`; with --from all that are found',
    },
    { flags: '--namespace NS', summary: 'of the application, and of objects that name none', defaultsTo: 'default' },
    ...reviewOptions,
    ...forecastOptions,
    { flags: '--watch', summary: 'plan again at each change' },
    { flags: '-o, --output FORMAT', summary: 'text, json, markdown or html', defaultsTo: 'text', values: [...reviewFormats] },
    { flags: '--out FILE', summary: 'also write the plan to a file, for `steer apply`' },
    { flags: '--detailed-exitcode', summary: '0 nothing to do, 2 changes, 3 changes with blockers, 1 error' },
  ],
  examples: [
    ['steer plan --from main --to HEAD', 'what a merge would change, without a cluster'],
    ['steer plan --from main --forecast --nodes 3x4cpu,16Gi', '… and what it restarts, how long that takes, what has no room'],
    ['steer plan --from main --app shop --out p.json', 'the plan of one application of several, as a file'],
    ['steer plan --from main --profile prod.json', 'by the definitions, policies and quotas of a cluster that cannot be reached'],
    ['steer plan . --path clusters/dev --out p.json', 'against the running `steer up`; `steer apply p.json` applies exactly that'],
    ['steer plan --from origin/main -o html > plan.html', 'one page with search; `steer pr` comments on the pull request'],
  ],
  run: async (call) => (await import('../work/plan.ts')).runPlan(call),
};
