import { refText, type KubeObject, type ObjectKey } from '../api/object.ts';
import type { Plan } from '../api/plan.ts';
import type { Move } from '../api/review.ts';
import { isRecord } from '../base/json.ts';
import type { Desired, DesiredSet } from '../gitops/desired.ts';

/** One application with its plan, as far as moves are concerned. */
export interface Moving {
  readonly application: ObjectKey;
  readonly base: DesiredSet;
  readonly head: DesiredSet;
  readonly plan: Plan;
}
/** From this share of equal fields on an object that goes and one that comes are one object. */
const alike = 0.6;

/**
 * Objects that keep what they are under another name, namespace or owner, by the application (its place in the list) where they are
 * afterwards. Each object takes part in one move at most; the most similar pairs come first.
 */
export function movesOf(all: readonly Moving[]): Move[][] {
  const out: Move[][] = all.map(() => []);
  const gone = all.flatMap((one) => leaving(one));
  const come = all.flatMap((one, index) => arriving(one).map((item) => ({ ...item, index })));
  const taken = new Set<unknown>();
  for (const { from, to, similarity } of candidates(gone, come)) {
    if (taken.has(from.item) || taken.has(to.item)) continue;
    taken.add(from.item).add(to.item);
    const between = from.application === to.application ? {} : { fromApplication: from.application, toApplication: to.application };
    out[to.index]?.push({ from: from.item.ref, to: to.item.ref, ...between, similarity });
  }
  return out;
}

interface Place {
  readonly application: ObjectKey;
  readonly item: Desired;
}
interface Arrival extends Place {
  readonly index: number;
}

/** Under another name they are another thing: what they hold does not come along. */
const holding = new Set(['/Namespace', '/PersistentVolumeClaim', '/PersistentVolume', 'apiextensions.k8s.io/CustomResourceDefinition']);

/** What a plan prunes, or leaves to another application. */
function leaving({ application, base, head }: Moving): Place[] {
  return base.items.filter((item) => !head.byName.has(item.name)).map((item) => ({ application, item }));
}
function arriving({ application, base, head, plan }: Moving): Place[] {
  const steps = new Map(plan.steps.map((step) => [refText(step.ref), step]));
  return head.items
    .filter((item) => !base.byName.has(item.name) && steps.get(item.name)?.action !== 'skip')
    .map((item) => ({ application, item }));
}

interface Candidate {
  readonly from: Place;
  readonly to: Arrival;
  readonly similarity: number;
  /** Only the owner moves. */
  readonly same: boolean;
}
function candidates(gone: readonly Place[], come: readonly Arrival[]): Candidate[] {
  const byKind = new Map<string, Place[]>();
  for (const place of gone) byKind.set(kindOf(place.item), [...(byKind.get(kindOf(place.item)) ?? []), place]);
  const out: Candidate[] = [];
  for (const to of come) {
    for (const from of byKind.get(kindOf(to.item)) ?? []) {
      const same = from.item.name === to.item.name;
      const similarity = similar(from.item.object, to.item.object);
      if (same || (similarity >= alike && !holding.has(kindOf(to.item)))) out.push({ from, to, similarity, same });
    }
  }
  const first = (one: Candidate) => `${one.from.item.name} ${one.to.item.name}`;
  return out.sort((a, b) => Number(b.same) - Number(a.same) || b.similarity - a.similarity || (first(a) < first(b) ? -1 : 1));
}
function kindOf({ ref }: Desired): string {
  return `${ref.group}/${ref.kind}`;
}

/** The share of fields (path and value) that both have; name, namespace and kind apart. Objects without any other field are not alike. */
function similar(a: KubeObject, b: KubeObject): number {
  const [left, right] = [leavesOf(a), leavesOf(b)];
  const common = [...left].filter((leaf) => right.has(leaf)).length;
  const all = left.size + right.size - common;
  return all === 0 ? 0 : Math.round((common / all) * 100) / 100;
}

const known = new WeakMap<KubeObject, ReadonlySet<string>>();
function leavesOf(object: KubeObject): ReadonlySet<string> {
  const found = known.get(object);
  if (found !== undefined) return found;
  const { apiVersion: _version, kind: _kind, metadata, ...body } = object;
  const { name: _name, namespace: _namespace, ...rest } = metadata;
  const leaves = new Set<string>();
  collect({ ...body, metadata: rest }, '', leaves);
  known.set(object, leaves);
  return leaves;
}
function collect(value: unknown, path: string, into: Set<string>): void {
  if (Array.isArray(value)) value.forEach((item, at) => collect(item, `${path}/${at}`, into));
  else if (isRecord(value)) for (const [key, inner] of Object.entries(value)) collect(inner, `${path}/${key}`, into);
  else into.add(`${path}=${JSON.stringify(value)}`);
}
