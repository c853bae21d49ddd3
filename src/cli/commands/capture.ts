import { dataDirOption, type Command } from '../command.ts';

/** Where the profile goes unless something else is said. */
export const defaultProfile = 'profile.json';

export const captureCommand: Command = {
  name: 'capture',
  summary: 'reads once what a cluster judges by, into a file for `steer plan --profile`',
  options: [
    { flags: '--context NAME', summary: 'context of the kubeconfig', defaultsTo: 'its current one' },
    {
      flags: '--kubeconfig F',
      summary: 'the cluster of this kubeconfig',
      defaultsTo: 'with --context $KUBECONFIG or ~/.kube/config, else the running `steer up`',
    },
    dataDirOption,
    { flags: '--out FILE', summary: 'where the profile goes', defaultsTo: defaultProfile },
    { flags: '--workloads', summary: 'also what runs there: workloads, Services, claims, budgets, autoscalers' },
  ],
  examples: [
    ['steer capture --context prod --out prod.json', 'version, schemas, custom kinds, nodes, quotas, policies, classes; no Secrets'],
    ['steer plan --from main --profile prod.json', 'in CI, which cannot reach the cluster'],
  ],
  run: async (call) => (await import('../work/capture.ts')).runCapture(call),
};
