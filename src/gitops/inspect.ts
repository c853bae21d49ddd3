import type { Kind, KubeObject } from '../api/object.ts';
import { isRecord, jsonEqual, valueAt } from '../base/json.ts';
import type { Cluster } from '../client/cluster.ts';
import { mapConcurrent } from './concurrent.ts';
import type { Desired, DesiredSet } from './desired.ts';
import { fieldsOf, restrict } from './fields.ts';
import { readNow, type LiveReader, type Shapes } from './live.ts';
import { planPair, type Pair } from './mask.ts';
import { isHook, predict, predictFromManifest, type Prediction, type PredictOptions } from './predict.ts';
import type { Shape } from './shape.ts';
import { annotationOf, annotations, fieldManager, trackingValue } from './tracking.ts';
import type { ObjectKey } from '../api/object.ts';

/** What was found of one desired object. */
export interface Inspection {
  readonly desired: Desired;
  readonly live: KubeObject | undefined;
  /** Absent where nothing was asked: nothing can have changed (`settled`), a hook or a Job that has run, a kind that is not served. */
  readonly prediction?: Prediction;
  /** Of the prediction, masked. */
  readonly pair?: Pair;
  /** For the patch; absent where the pair is equal or there is no live object. */
  readonly shape?: Shape | undefined;
  readonly settled?: string;
}
/** What does not change between the inspections of one application. */
export interface Target {
  readonly cluster: Cluster;
  readonly live: LiveReader;
  readonly shapes: Shapes;
}
export interface InspectOptions {
  readonly application: ObjectKey;
  readonly respect: readonly string[];
  /** Jobs and hooks (`name#digest`) that ended well and are gone by their ttl. */
  readonly finished: ReadonlySet<string>;
  /** Objects (`refText`) that stand as their manifests say and were not even put into the cluster: of a plan between two revisions. */
  readonly still?: ReadonlySet<string>;
  readonly memo?: InspectionMemo;
  /** What was applied before, by `refText`. */
  lastApplied?(name: string): KubeObject | undefined;
}

/** At most so many dry runs at a time for one application. */
const concurrency = 16;

/** Live objects and predictions of all that is desired, in its order. */
export async function inspect(target: Target, desired: DesiredSet, options: InspectOptions): Promise<Inspection[]> {
  const lives = await mapConcurrent(desired.items, concurrency, async (item) =>
    item.kind === undefined ? undefined : target.live.get(item.kind, item.ref),
  );
  const one = { inspect: options, predict: await predictOptionsOf(target, desired, options) };
  const made = new Set<string>();
  desired.items.forEach((item, index) => {
    if (item.object.kind === 'Namespace' && item.ref.group === '' && lives[index] === undefined) made.add(item.ref.name);
  });
  return mapConcurrent(desired.items, concurrency, async (item, index) =>
    inspectOne(target, { desired: item, live: lives[index], ground: !made.has(item.ref.namespace) }, one),
  );
}

export async function predictOptionsOf(target: Target, desired: DesiredSet, options: InspectOptions): Promise<PredictOptions> {
  return {
    tracking: trackingValue(options.application),
    respect: options.respect,
    autoscaled: await autoscaledBy(target, desired),
    runFor: desired.digest,
    ...(options.lastApplied === undefined ? {} : { lastApplied: options.lastApplied }),
  };
}

/** One desired object and what is there. */
export interface Found {
  readonly desired: Desired;
  readonly live: KubeObject | undefined;
  /** Its namespace is there already. */
  readonly ground: boolean;
}
export interface OneOptions {
  readonly inspect: InspectOptions;
  readonly predict: PredictOptions;
  /** False asks the server in any case. */
  readonly memo?: boolean;
}

/** The inspection of one object. @throws StatusError what can pass */
export async function inspectOne(target: Target, found: Found, options: OneOptions): Promise<Inspection> {
  const { desired, live } = found;
  if (desired.served === 'no') return { desired, live };
  if (desired.phase === 'SyncFail') return { desired, live, prediction: predictFromManifest(desired, options.predict) };
  const settled = settledBecause(desired, live, options);
  if (settled !== undefined) return { desired, live, settled };
  return compared(target, await atOneMoment(target, found, options.predict));
}

async function compared(
  target: Target,
  { desired, live, prediction }: Required<Pick<Inspection, 'prediction'>> & Inspection,
): Promise<Inspection> {
  const pair = pairOf(desired, live, prediction);
  if (pair === undefined) return { desired, live, prediction };
  if (pair.live === undefined || isHook(desired) || jsonEqual(pair.live, pair.predicted)) return { desired, live, prediction, pair };
  return { desired, live, prediction, pair, shape: await target.shapes.of(desired.kind as Kind) };
}

/** So often a prediction is made again because somebody wrote between reading the object and the dry run. */
const attempts = 3;

/**
 * The live object and what was predicted from just that state of it. A dry run speaks of the object as it is by then: what others wrote
 * since it was read would look like a change of ours.
 */
async function atOneMoment(
  target: Target,
  found: Found,
  options: PredictOptions,
): Promise<Inspection & { readonly prediction: Prediction }> {
  let { live } = found;
  for (let attempt = 1; ; attempt++) {
    const prediction = await predictionOf(target, { ...found, live }, options);
    const { desired } = found;
    const seen = prediction.predicted?.metadata.resourceVersion;
    const same = live === undefined || seen === undefined || seen === live.metadata.resourceVersion;
    if (same || prediction.basis === 'schema' || attempt === attempts) return { desired, live, prediction };
    const now = await readNow(target.cluster, desired.kind as Kind, desired.ref);
    if (now?.metadata.resourceVersion === live?.metadata.resourceVersion) return { desired, live, prediction };
    live = now;
  }
}

function predictionOf(target: Target, { desired, live, ground }: Found, options: PredictOptions): Promise<Prediction> {
  const unasked = desired.kind === undefined || (live === undefined ? !ground : isHook(desired));
  if (unasked) return Promise.resolve(predictFromManifest(desired, options));
  return predict(target.cluster, desired, live, options);
}

/** Both sides of the step; of a new object only what we apply of it, so that allocated fields and defaults never show. */
export function pairOf(desired: Desired, live: KubeObject | undefined, prediction: Prediction): Pair | undefined {
  const { predicted } = prediction;
  if (predicted === undefined) return undefined;
  if (live !== undefined) return planPair(live, predicted, desired.manifest.blob);
  const ours = fieldsOf(predicted, fieldManager);
  const applied = ours === undefined || prediction.basis === 'schema' ? predicted : named(restrict(predicted, ours), predicted);
  return planPair(undefined, applied, desired.manifest.blob);
}
function named(part: unknown, whole: KubeObject): KubeObject {
  const { name, namespace } = whole.metadata;
  const inner = isRecord(part) ? part : {};
  const metadata = { ...(isRecord(inner['metadata']) ? inner['metadata'] : {}), name, ...(namespace === undefined ? {} : { namespace }) };
  return { ...inner, apiVersion: whole.apiVersion, kind: whole.kind, metadata };
}

/** Why an object needs no look although it may not be as its manifest: it has run, or nothing can have changed (''). */
function settledBecause(desired: Desired, live: KubeObject | undefined, options: OneOptions): string | undefined {
  const { finished, memo, still } = options.inspect;
  if (still?.has(desired.name) === true) return '';
  if (live === undefined)
    return finished.has(finishedName(desired, options.predict.runFor)) ? 'it has run and its ttl removed it' : undefined;
  // what is remembered of a hook is of an earlier set of manifests: for this one it runs anew
  if (isHook(desired)) return annotationOf(live, annotations.ranFor) === options.predict.runFor ? 'it ran for these manifests' : undefined;
  return options.memo !== false && memo?.holds(desired, live) === true ? '' : undefined;
}
/** How a Job that ended well is remembered: a hook for the manifests that it ran for, another Job for its own. */
export function finishedName(desired: Pick<Desired, 'name' | 'digest' | 'phase' | 'object'>, runFor: string): string {
  return `${desired.name}#${isHook(desired) ? runFor : desired.digest}`;
}

/** Objects whose replicas an autoscaler sets, live or desired. */
async function autoscaledBy(target: Target, desired: DesiredSet): Promise<ReadonlySet<string>> {
  if (!desired.items.some((item) => valueAt(item.object, ['spec', 'replicas']) !== undefined)) return new Set();
  const kind = await target.cluster.kindOf({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' });
  const live = kind === undefined ? [] : await target.live.list(kind);
  return autoscaledNames([...live, ...autoscalersIn(desired)]);
}

export function autoscalersIn({ items }: DesiredSet): KubeObject[] {
  return items.map((item) => item.object).filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
}

/** What autoscalers set the replicas of, as `refText` writes it. */
export function autoscaledNames(autoscalers: readonly KubeObject[]): ReadonlySet<string> {
  const out = new Set<string>();
  for (const autoscaler of autoscalers) {
    const reference = (autoscaler as KubeObject & { spec?: { scaleTargetRef?: { kind?: string; name?: string; apiVersion?: string } } })
      .spec?.scaleTargetRef;
    const group = (reference?.apiVersion ?? '').includes('/') ? `${(reference?.apiVersion ?? '').split('/')[0]}/` : '';
    out.add(`${group}${reference?.kind ?? ''} ${autoscaler.metadata.namespace ?? ''}/${reference?.name ?? ''}`);
  }
  return out;
}

/**
 * Remembers for which live object a manifest was found to change nothing, so that it is not asked again while manifest and object
 * stay the same. Status, managedFields and resourceVersion do not count.
 */
export class InspectionMemo {
  readonly #known = new Map<string, { readonly digest: string; live: KubeObject }>();

  holds(desired: Desired, live: KubeObject): boolean {
    const known = this.#known.get(desired.name);
    if (known === undefined || known.digest !== desired.digest) return false;
    if (known.live === live) return true;
    if (!sameButForStatus(known.live, live)) return false;
    known.live = live;
    return true;
  }

  note(desired: Desired, live: KubeObject): void {
    this.#known.set(desired.name, { digest: desired.digest, live });
  }

  /** Asked again next time. */
  forget(name: string): void {
    this.#known.delete(name);
  }

  clear(): void {
    this.#known.clear();
  }
}

const passing = new Set(['resourceVersion', 'managedFields']);
/** True when two states of an object differ in status, managedFields and resourceVersion at most. */
export function sameButForStatus(a: KubeObject, b: KubeObject): boolean {
  if (
    a.metadata.resourceVersion !== undefined &&
    a.metadata.resourceVersion === b.metadata.resourceVersion &&
    a.metadata.uid === b.metadata.uid
  )
    return true;
  return sameMembers(a, b, (key, left, right) => {
    if (key === 'status') return true;
    return key === 'metadata' ? sameMembers(left, right, (name, x, y) => passing.has(name) || jsonEqual(x, y)) : jsonEqual(left, right);
  });
}
function sameMembers(a: unknown, b: unknown, same: (key: string, a: unknown, b: unknown) => boolean): boolean {
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) => same(key, left[key], right[key]));
}
