import { Pod, type Application } from '../api/kinds.generated.ts';
import { keyOf, refOf, refText, type KubeObject, type ManagedFieldsEntry, type ObjectKey } from '../api/object.ts';
import { findCondition } from '../api/condition.ts';
import { parseTime, timestamp, type Clock } from '../base/clock.ts';
import { isRecord, valueAt } from '../base/json.ts';
import type { Cluster } from '../client/cluster.ts';
import { settingsOf } from './application/settings.ts';
import { kindLookup } from './reading.ts';
import type { StoredManifest } from './chunks.ts';
import { mapConcurrent } from './concurrent.ts';
import { fieldText, fieldValue, leavesOf, type Fields } from './fields.ts';
import { healthOf, type Health } from './health/index.ts';
import { readNow } from './live.ts';
import { applicationAt, inventoryOf } from './plan-once.ts';
import { podSpecPath } from './references.ts';

/** One thing that is not green. */
export interface Explanation {
  /** The Application or an object, as `refText` writes it. */
  readonly about: string;
  readonly state: string;
  /** What is wrong with which field, who wrote it last and when, since when, what happens next and when. */
  readonly sentence: string;
}
export interface ExplainOptions {
  /** Where the Application is kept. */
  readonly store: Cluster;
  /** Where its objects are; default the store. */
  readonly target?: Cluster;
  readonly clock: Pick<Clock, 'now'>;
}

/** A sentence for the application and one for each of its objects that is not as it should be; empty when all is well or it is not there. */
export async function explain(key: ObjectKey, options: ExplainOptions): Promise<Explanation[]> {
  const application = await applicationAt(options.store, key);
  if (application === undefined) return [];
  const own = explainApplication(application);
  const items = await inventoryOf(options.store, application);
  const target = options.target ?? options.store;
  const kindOf = kindLookup(target);
  const found = await mapConcurrent(items, 16, async (item): Promise<Explanation | undefined> => {
    const kind = await kindOf(item.object);
    const live = kind === undefined ? undefined : await readNow(target, kind, refOf(item.object));
    return explainObject(application, { item, live, pods: await podsOf(target, live), now: options.clock.now() });
  });
  return [...(own === undefined ? [] : [own]), ...found.filter((each) => each !== undefined)];
}

/** Why an application is not synced and healthy, since when, and what happens next; undefined when it is. Pure. */
export function explainApplication(application: Readonly<Application>): Explanation | undefined {
  const { status } = application;
  const about = `Application ${keyOf(application).namespace}/${application.metadata.name}`;
  if (status === undefined)
    return { about, state: 'Unknown', sentence: `${about}: nobody has looked at it yet; next: a running \`steer up\` does` };
  const ready = findCondition(status.conditions, 'Ready');
  if (ready?.status === 'True') return undefined;
  const since = ready?.lastTransitionTime === undefined ? '' : `, since ${ready.lastTransitionTime}`;
  const message = status.message ?? 'it is not ready';
  const next = message.includes('next: ') ? '' : nextOf(application);
  const state = status.sync === 'Synced' ? (status.health ?? 'Unknown') : (status.sync ?? 'Unknown');
  return { about, state, sentence: `${about}: ${message}${since}${next === '' ? '' : `; next: ${next}`}` };
}

/** What happens if nobody does anything, and when. */
function nextOf(application: Readonly<Application>): string {
  const { operation, sync } = application.status ?? {};
  const deadline = deadlineOf(application);
  if (operation?.phase === 'Running' && deadline !== undefined) return `it becomes healthy, or the sync fails at ${deadline}`;
  if (application.spec.suspend === true) return 'nothing before `steer resume`';
  if (sync === 'Unknown') return 'the source is asked again by itself, at the latest at its next poll';
  if (operation?.phase === 'Failed') return 'a newer commit, `steer rollback` or `steer resume`';
  return sync === 'OutOfSync' ? 'it is tried again at the next change of the source or of its objects' : '';
}

function deadlineOf(application: Readonly<Application>): string | undefined {
  const { operation } = application.status ?? {};
  const started = parseTime(operation?.startedAt);
  if (operation?.phase !== 'Running' || started === undefined) return undefined;
  return timestamp({ now: () => started + settingsOf(application).deadlineMs });
}

interface Seen {
  readonly item: StoredManifest;
  readonly live: KubeObject | undefined;
  readonly pods: readonly KubeObject[];
  readonly now: number;
}
/** Why one object is not healthy; undefined when it is. Pure. */
export function explainObject(application: Readonly<Application>, { item, live, pods, now }: Seen): Explanation | undefined {
  const next = nextOf(application);
  const then = next === '' ? '' : `; next: ${next}`;
  if (live === undefined) {
    if (valueAt(item.object, ['spec', 'ttlSecondsAfterFinished']) !== undefined) return undefined;
    return { about: item.name, state: 'Missing', sentence: `${item.name} is not there${then}` };
  }
  const health: Health = healthOf(live, { pods, nowMs: now });
  if (health.status === 'Healthy') return undefined;
  const since = sinceOf(live);
  const writer = lastWriter(live, item.object);
  const parts = [
    `${refText(refOf(live))}: ${health.message}`,
    ...(since === undefined ? [] : [`since ${since}`]),
    ...(writer === undefined ? [] : [writer]),
  ];
  return { about: item.name, state: health.status, sentence: `${parts.join(', ')}${then}` };
}

/** When the newest of the conditions that are not as they should be changed. */
function sinceOf(live: KubeObject): string | undefined {
  const conditions = valueAt(live, ['status', 'conditions']);
  if (!Array.isArray(conditions)) return undefined;
  const times = conditions.filter(isRecord).map((condition) => condition['lastTransitionTime']);
  return times
    .filter((time) => typeof time === 'string')
    .sort()
    .at(-1);
}

/** `spec.template.spec.containers[name="web"].image last written by steersman at ...`: the newest write to a field of the manifest. */
function lastWriter(live: KubeObject, manifest: KubeObject): string | undefined {
  const last = (live.metadata.managedFields ?? [])
    .filter((entry) => (entry.subresource ?? '') !== 'status' && touchesSpec(entry, manifest))
    .reduce<ManagedFieldsEntry | undefined>((a, b) => (a === undefined || (b.time ?? '') >= (a.time ?? '') ? b : a), undefined);
  if (last?.manager === undefined) return undefined;
  const [field] = fieldsIn(last, manifest);
  return `${field ?? 'spec'} last written by ${last.manager}${last.time === undefined ? '' : ` at ${last.time}`}`;
}
function touchesSpec(entry: ManagedFieldsEntry, manifest: KubeObject): boolean {
  return fieldsIn(entry, manifest).length > 0;
}
/** Images first: they are what most often is the cause. */
function fieldsIn(entry: ManagedFieldsEntry, manifest: KubeObject): string[] {
  const paths = leavesOf((entry.fieldsV1 ?? {}) as Fields).filter((path) => path[0] === 'f:spec' && path.at(-1)?.startsWith('f:') === true);
  const own = paths.filter((path) => fieldValue(manifest, path) !== undefined);
  return [...own.filter((path) => path.at(-1) === 'f:image'), ...own.filter((path) => path.at(-1) !== 'f:image')].map(fieldText);
}

async function podsOf(target: Cluster, live: KubeObject | undefined): Promise<readonly KubeObject[]> {
  const labels =
    live === undefined || podSpecPath(live.kind) === undefined ? undefined : valueAt(live, ['spec', 'selector', 'matchLabels']);
  if (!isRecord(labels) || Object.keys(labels).length === 0) return [];
  const labelSelector = Object.entries(labels)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(',');
  return (await target.list(Pod, { namespace: live?.metadata.namespace ?? '', labelSelector })).items;
}
