import { Node, Pod, type Toleration } from '../../../src/api/kinds.generated.ts';
import { timestamp } from '../../../src/base/clock.ts';
import { podOf } from '../workloads.ts';
import type { World } from './part.ts';

/** A node that nobody speaks for, in a zone of its part, to which nothing is scheduled. */
export async function makeLoneNode({ api }: World, zone: string, name: string): Promise<void> {
  const labels = { 'topology.kubernetes.io/zone': zone };
  const taints = [{ key: 'lone', effect: 'NoSchedule' as const }];
  await api.create(Node, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: { taints } });
}

/** What its agent would say. */
export async function speakFor({ api, clock }: World, name: string): Promise<void> {
  const time = timestamp(clock);
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    message: '',
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  };
  await api.patch(Node, { namespace: '', name }, { status: { conditions: [condition] } }, { subresource: 'status' });
}

/** A pod that runs there, as nobody would say for it. */
export async function makePodOn(
  { api, clock }: World,
  place: { namespace: string; node: string; name: string },
  tolerations: readonly Toleration[],
): Promise<void> {
  const pod = podOf(place.name, {});
  pod.metadata.namespace = place.namespace;
  const made = await api.create(Pod, { ...pod, spec: { ...pod.spec, nodeName: place.node, tolerations: [...tolerations] } });
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: timestamp(clock) }];
  await api.update(Pod, { ...made, status: { ...made.status, phase: 'Running', conditions } }, { subresource: 'status' });
}

export const forEver: Toleration = { operator: 'Exists' };
/** Of a node that has failed. */
export function forSeconds(tolerationSeconds: number): Toleration[] {
  const key = (state: string) => `node.kubernetes.io/${state}`;
  return ['not-ready', 'unreachable'].map((state) => ({ key: key(state), operator: 'Exists', effect: 'NoExecute', tolerationSeconds }));
}
