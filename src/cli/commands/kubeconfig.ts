import { readFileSync } from 'node:fs';
import { dataPaths } from '../../controlplane/paths.ts';
import { dataDirOption, type Command } from '../command.ts';
import { print } from '../output.ts';
import { findRunning } from '../running.ts';

export const kubeconfigCommand: Command = {
  name: 'kubeconfig',
  summary: 'prints the kubeconfig of the administrator of the embedded cluster',
  options: [dataDirOption],
  examples: [['steer kubeconfig > kc && kubectl --kubeconfig kc get pods -A', 'use kubectl with the embedded cluster']],
  run: (call) => {
    print(call.environment, readFileSync(dataPaths(findRunning(call).directory).kubeconfig, 'utf8'));
    return Promise.resolve(0);
  },
};
