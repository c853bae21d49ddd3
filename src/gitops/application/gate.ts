import { PersistentVolumeClaim, Pod, StorageClass } from '../../api/kinds.generated.ts';
import type { HealthSummary } from '../../api/kinds.generated.ts';
import { refText, type Kind, type KubeObject } from '../../api/object.ts';
import { isForbidden } from '../../api/status.ts';
import { isRecord, valueAt } from '../../base/json.ts';
import type { Desired } from '../desired.ts';
import { healthOf, worstHealth, type Health, type HealthStatus } from '../health/index.ts';
import type { Inspection } from '../inspect.ts';
import { readNow } from '../live.ts';
import { podSpecPath } from '../references.ts';
import type { Surroundings } from './surroundings.ts';

/** One object as people see it. */
export interface ObjectHealth {
  readonly desired: Desired;
  readonly object: KubeObject | undefined;
  readonly health: Health;
}

/** The health of desired objects as they are now, in their order. Hooks for failures have none. */
export async function healthOfAll(around: Surroundings, inspections: readonly Inspection[]): Promise<ObjectHealth[]> {
  const out: ObjectHealth[] = [];
  for (const { desired, settled, live } of inspections) {
    if (desired.phase === 'SyncFail' || desired.served === 'no') continue;
    const object = desired.kind === undefined ? undefined : await around.target.live.get(desired.kind satisfies Kind, desired.ref);
    if (object !== undefined) out.push({ desired, object, health: healthNow(around, object, await waitsForPod(around, object)) });
    else if (settled !== undefined && live === undefined) out.push({ desired, object, health: { status: 'Healthy', message: settled } });
    else out.push({ desired, object, health: { status: 'Missing', message: 'it is not there' } });
  }
  return out;
}

/** Whoever may not read classes is not told. */
async function waitsForPod({ target }: Surroundings, claim: KubeObject): Promise<boolean> {
  if (claim.kind !== PersistentVolumeClaim.kind || valueAt(claim, ['status', 'phase']) !== 'Pending') return false;
  const name = valueAt(claim, ['spec', 'storageClassName']);
  if (typeof name !== 'string' || name === '') return false;
  try {
    const found = await readNow(target.cluster, StorageClass, { namespace: '', name });
    return found !== undefined && valueAt(found, ['volumeBindingMode']) === 'WaitForFirstConsumer';
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return false;
  }
}

function healthNow(around: Surroundings, object: KubeObject, isWaiting: boolean): Health {
  const options = { provides: around.provides, nowMs: around.context.clock.now(), waitsForPod: isWaiting };
  const health = healthOf(object, options);
  if (health.status === 'Healthy' || podSpecPath(object.kind) === undefined || object.kind === 'Pod') return health;
  return healthOf(object, { ...options, pods: podsOf(around, object) });
}

/** The pods of a workload that is in trouble, so that the trouble can be named. */
function podsOf(around: Surroundings, object: KubeObject): readonly KubeObject[] {
  const labels = valueAt(object, ['spec', 'selector', 'matchLabels']);
  if (!isRecord(labels)) return [];
  const pods = around.context.informer(Pod);
  if (!pods.hasSynced) return [];
  return pods.list({ namespace: object.metadata.namespace ?? '', labels: labels as Record<string, string> });
}

/** True for what can fall ill after it was well: then it must stay healthy for a while. */
export function canFlap(desired: Desired): boolean {
  const { kind } = desired.object;
  return podSpecPath(kind) !== undefined && kind !== 'Job' && kind !== 'CronJob';
}

export function passes(health: Health): boolean {
  return health.status === 'Healthy' || health.status === 'Suspended';
}

const counters: Readonly<Record<HealthStatus, keyof HealthSummary>> = {
  Healthy: 'healthy',
  Progressing: 'progressing',
  Degraded: 'degraded',
  Suspended: 'suspended',
  Missing: 'missing',
  Unknown: 'unknown',
};
export function overall(all: readonly ObjectHealth[]): { health: HealthStatus; summary: HealthSummary } {
  const summary: HealthSummary = {};
  for (const { health } of all) summary[counters[health.status]] = (summary[counters[health.status]] ?? 0) + 1;
  return { health: worstHealth(all.map(({ health }) => health.status)), summary };
}

/** `apps/Deployment shop/web: 1 of 3 updated replicas are available` for the worst object, and how many more there are. */
export function worstText(all: readonly ObjectHealth[]): string | undefined {
  const ill = all.filter(({ health }) => !passes(health));
  const [first] = [...ill].sort((a, b) => rank(b.health) - rank(a.health));
  if (first === undefined) return undefined;
  const more = ill.length > 1 ? ` (and ${ill.length - 1} more)` : '';
  return `${refText(first.desired.ref)}: ${first.health.message}${more}`;
}
function rank(health: Health): number {
  return health.forGood === true ? 3 : health.status === 'Degraded' ? 2 : health.status === 'Missing' ? 0 : 1;
}
