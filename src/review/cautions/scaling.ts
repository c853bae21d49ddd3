import { refText, splitApiVersion, type KubeObject } from '../../api/object.ts';
import type { Caution } from '../../api/review.ts';
import { isRecord, valueAt } from '../../base/json.ts';
import { cautionAbout, cautionOn, kindName, type Change, type Rule, type Side, type World } from './world.ts';

const scaled: ReadonlySet<string> = new Set(['apps/Deployment', 'apps/StatefulSet', 'apps/ReplicaSet', '/ReplicationController']);

/** Workloads that lose all their pods, or most of them because a manifest stops saying how many there are. */
export const scaleDown: Rule = {
  name: 'scale-to-zero',
  find: (world) => world.changes.flatMap((change) => fewer(world, change)),
};

function fewer(world: World, change: Change): Caution[] {
  const { base, head } = change;
  if (base === undefined || head === undefined || !scaled.has(kindName(head))) return [];
  if (autoscalerOf(world.after, change.name) !== undefined || autoscalerOf(world.before, change.name) !== undefined) return [];
  const from = valueAt(base, ['spec', 'replicas']) ?? 1;
  const said = valueAt(head, ['spec', 'replicas']);
  const fields = ['spec.replicas'];
  if (said === 0 && from !== 0) {
    const message = `is scaled from ${String(from)} to 0: no pod of it is left`;
    return [cautionAbout(change, { rule: 'scale-to-zero', severity: 'caution', message, fields })];
  }
  if (said === undefined && typeof from === 'number' && from > 1) {
    const message = `says no longer how many pods it wants: of ${from} one is left, which is what the server takes then`;
    return [cautionAbout(change, { rule: 'scale-down', severity: 'caution', message, fields })];
  }
  return [];
}

/** Manifests that say how many pods there are while an autoscaler says so too. */
export const autoscalerFights: Rule = {
  name: 'autoscaler-fights',
  find: (world) => {
    const scalers = autoscalerKinds.flatMap((kind) => world.after.ofKind(kind));
    return scalers.flatMap((scaler) => {
      const target = targetOf(scaler);
      const object = target === undefined ? undefined : world.after.get(target);
      if (target === undefined || object === undefined || !fights(world.after, target) || fights(world.before, target)) return [];
      const replicas = String(valueAt(object, ['spec', 'replicas']));
      const message =
        `says spec.replicas: ${replicas} while ${scaler.kind} ${scaler.metadata.name} scales it: ` +
        'Steersman leaves the number to the autoscaler, other tools set it back at each sync; take the field out';
      return [cautionOn(world, object, { rule: 'autoscaler-fights', severity: 'caution', message, fields: ['spec.replicas'] })];
    });
  },
};

const autoscalerKinds = ['autoscaling/HorizontalPodAutoscaler', 'keda.sh/ScaledObject'];

function fights(side: Side, name: string): boolean {
  return autoscalerOf(side, name) !== undefined && valueAt(side.get(name), ['spec', 'replicas']) !== undefined;
}

/** What scales an object by itself. */
export function autoscalerOf(side: Side, name: string): KubeObject | undefined {
  return autoscalerKinds.flatMap((kind) => side.ofKind(kind)).find((scaler) => targetOf(scaler) === name);
}

function targetOf(scaler: KubeObject): string | undefined {
  const target = valueAt(scaler, ['spec', 'scaleTargetRef']);
  if (!isRecord(target) || typeof target['name'] !== 'string') return undefined;
  const { group } = splitApiVersion(typeof target['apiVersion'] === 'string' ? target['apiVersion'] : 'apps/v1');
  const kind = typeof target['kind'] === 'string' ? target['kind'] : 'Deployment';
  return refText({ group, kind, namespace: scaler.metadata.namespace ?? '', name: target['name'] });
}
