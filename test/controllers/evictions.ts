import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from '../../src/api/kinds.generated.ts';
import type { Status } from '../../src/api/status.ts';
import { bytesOf } from '../../src/client/body.ts';
import type { Connection } from '../../src/client/connect.ts';
import { namespace } from './workloads.ts';

export function budgetOf(name: string, spec: Partial<PodDisruptionBudgetSpec>): PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace },
    spec: { selector: { matchLabels: { app: name } }, ...spec },
  };
}

/** What the API server answers to an eviction. */
export async function evict(cluster: Connection, pod: string, options: { dryRun?: boolean; deleteOptions?: object } = {}): Promise<Status> {
  const response = await cluster.request({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`,
    ...(options.dryRun === true && { query: 'dryRun=All' }),
    headers: { 'content-type': 'application/json' },
    object: {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: pod, namespace },
      ...(options.deleteOptions === undefined ? {} : { deleteOptions: options.deleteOptions }),
    },
  });
  return JSON.parse(new TextDecoder().decode(await bytesOf(response.body))) as Status;
}
