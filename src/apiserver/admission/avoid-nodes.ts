import type { Pod, PreferredSchedulingTerm } from '../../api/kinds.generated.ts';
import { splitApiVersion } from '../../api/object.ts';
import { controllerOf } from '../../api/owner.ts';
import { nodesToAvoid, replaceAfter } from '../../api/replacement.ts';
import { storeKey } from '../entry-fields.ts';
import type { AdmissionPlugin, Attempt } from './index.ts';
import { concerns } from './refusal.ts';

/** Pods that take the place of useless ones prefer other nodes than those had, as their owner says for a while. Ours. */
export const avoidNodes: AdmissionPlugin = {
  name: 'AvoidNodes',
  mutate: (attempt) => {
    if (attempt.operation !== 'create' || !concerns(attempt, '', 'pods')) return;
    if (replaceAfter(attempt.object.metadata.annotations) !== undefined) return prefer(attempt);
  },
};

async function prefer({ call, object }: Attempt): Promise<void> {
  const pod = object as Pod;
  const owner = controllerOf(pod);
  if (owner === undefined) return;
  const { group, version } = splitApiVersion(owner.apiVersion);
  const kind = call.server.kinds.findKind(group, version, owner.kind);
  if (kind === undefined) return;
  const entry = await call.server.store.get(storeKey(kind, { namespace: call.info.namespace, name: owner.name }));
  const { uid, annotations } = entry?.value().metadata ?? {};
  const nodes = uid === owner.uid ? [...nodesToAvoid(annotations, call.server.clock.now()).keys()] : [];
  if (nodes.length === 0) return;
  const terms = nodes.map((node): PreferredSchedulingTerm => ({
    weight: 100,
    preference: { matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: [node] }] },
  }));
  const { affinity = {} } = pod.spec;
  const { preferredDuringSchedulingIgnoredDuringExecution: own = [], ...required } = affinity.nodeAffinity ?? {};
  pod.spec.affinity = { ...affinity, nodeAffinity: { ...required, preferredDuringSchedulingIgnoredDuringExecution: [...own, ...terms] } };
}
