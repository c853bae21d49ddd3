import type { Caution } from '../../api/review.ts';
import { keptBy } from '../../gitops/kept.ts';
import { recordsAt, valueAt } from '../../base/json.ts';
import { containersOf, workloadOf } from './pods.ts';
import { cautionAbout, kindName, type Change, type Rule } from './world.ts';

/** What kept harm away and is taken out: an annotation against pruning, the way back of a volume, a readiness probe. */
export const protections: Rule = {
  name: 'protection-removed',
  find: ({ changes }) => changes.flatMap((change) => [...unprotected(change), ...unprobed(change), ...claimsGo(change)]),
};

function unprotected(change: Change): Caution[] {
  const { base, head } = change;
  if (base === undefined || head === undefined) return [];
  const was = keptBy(base);
  if (was !== undefined && keptBy(head) === undefined) {
    const message = `loses ${was}: when it leaves the source from now on, it is deleted`;
    return [cautionAbout(change, { rule: 'protection-removed', severity: 'caution', message, fields: ['metadata.annotations'] })];
  }
  if (!['/PersistentVolume', 'storage.k8s.io/StorageClass'].includes(kindName(head))) return [];
  const field = kindName(head) === '/PersistentVolume' ? ['spec', 'persistentVolumeReclaimPolicy'] : ['reclaimPolicy'];
  if (valueAt(base, field) !== 'Retain' || valueAt(head, field) === 'Retain') return [];
  const message = 'retains its data no longer when its claim goes';
  return [cautionAbout(change, { rule: 'protection-removed', severity: 'caution', message, fields: [field.join('.')] })];
}

/** Of containers that stay; without it a rollout goes on whether or not the new pods work. */
function unprobed(change: Change): Caution[] {
  const [old, now] = [change.base, change.head].map((object) => (object === undefined ? undefined : workloadOf(object)));
  if (old === undefined || now === undefined) return [];
  const before = new Map(containersOf(old).map((container) => [container.name, container.spec['readinessProbe']]));
  return containersOf(now)
    .filter(({ name, spec }) => before.get(name) !== undefined && spec['readinessProbe'] === undefined)
    .map(({ name, path }) => {
      const message = `loses the readiness probe of container ${name}: its pods get requests, and a rollout goes on, before anybody knows that they work`;
      return cautionAbout(change, { rule: 'probe-removed', severity: 'caution', message, fields: [`${path}.readinessProbe`] });
    });
}

/** A StatefulSet that is made smaller and takes the claims of the pods that go. */
function claimsGo(change: Change): Caution[] {
  const { base, head } = change;
  if (base === undefined || head === undefined || kindName(head) !== 'apps/StatefulSet') return [];
  const [from, to] = [base, head].map((object) => Number(valueAt(object, ['spec', 'replicas']) ?? 1)) as [number, number];
  const deletes = valueAt(head, ['spec', 'persistentVolumeClaimRetentionPolicy', 'whenScaled']) === 'Delete';
  if (!deletes || !(to < from) || recordsAt(head, ['spec', 'volumeClaimTemplates']).length === 0) return [];
  const message = `is scaled from ${from} to ${to}, and the claims of the pods that go are deleted with their data (whenScaled: Delete)`;
  return [cautionAbout(change, { rule: 'deletes-data', severity: 'blocker', message, fields: ['spec.replicas'] })];
}
