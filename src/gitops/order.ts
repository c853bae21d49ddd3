import type { KubeObject } from '../api/object.ts';
import { refOf, refText } from '../api/object.ts';
import type { Phase } from '../api/plan.ts';
import { dependenciesOf, isPolicy, isWebhook, obeysPolicy, providesKind, usesKind } from './references.ts';

/** Things that may be done at the same time, in the order in which they are shown. */
export interface Group<T> {
  readonly phase: Phase;
  readonly wave: number;
  readonly items: readonly T[];
}
export interface Ordered<T> {
  readonly groups: readonly Group<T>[];
  /** Each as `v1/Secret a/x -> v1/ServiceAccount a/y -> v1/Secret a/x`: who waits for whom. Broken at its first object by name. */
  readonly cycles: readonly string[];
}
/** Where an object stands by its own annotations. */
export interface Place {
  readonly phase: Phase;
  readonly wave: number;
}

const phases: readonly Phase[] = ['PreSync', 'Sync', 'PostSync', 'SyncFail'];
const hookAnnotations = ['steersman.dev/hook', 'argocd.argoproj.io/hook'];
export const waveAnnotations = ['steersman.dev/wave', 'argocd.argoproj.io/sync-wave'];

/** Phase and wave as annotated; Sync and 0 without. Our own annotation wins. What is written wrongly counts as absent: validation says so. */
export function placeOf(object: KubeObject): Place {
  return { phase: phaseOf(object), wave: waveOf(object) };
}
function waveOf(object: KubeObject): number {
  for (const name of waveAnnotations) {
    const text = object.metadata.annotations?.[name];
    if (text !== undefined && isWave(text)) return Number(text);
  }
  const weight = object.metadata.annotations?.['helm.sh/hook-weight'];
  return weight !== undefined && isWave(weight) && helmPhase(object) !== undefined ? Number(weight) : 0;
}
/** A whole number of at most 32 bits. */
export function isWave(text: string): boolean {
  return /^[+-]?\d{1,9}$/.test(text);
}
function phaseOf(object: KubeObject): Phase {
  for (const name of hookAnnotations) {
    const named = object.metadata.annotations?.[name]?.split(',').map((part) => part.trim());
    const phase = phases.find((candidate) => named?.includes(candidate));
    if (phase !== undefined) return phase;
  }
  return helmPhase(object) ?? 'Sync';
}
/** Helm's hooks: before and after an installation or an upgrade, which is what a sync is. */
function helmPhase(object: KubeObject): Phase | undefined {
  const hooks = object.metadata.annotations?.['helm.sh/hook']?.split(',').map((part) => part.trim()) ?? [];
  if (hooks.some((hook) => hook === 'pre-install' || hook === 'pre-upgrade')) return 'PreSync';
  return hooks.some((hook) => hook === 'post-install' || hook === 'post-upgrade') ? 'PostSync' : undefined;
}

/**
 * The order in which objects are applied: phases, waves, and inside a wave what is referred to before what refers.
 * A Namespace, a kind and what pods refer to move up to their first user. Pure; the order of the input does not matter.
 */
export function orderOf<T extends { readonly object: KubeObject }>(items: readonly T[]): Ordered<T> {
  const nodes = items.map((item) => ({
    item,
    object: item.object,
    name: refText(refOf(item.object)),
    place: placeOf(item.object),
    before: new Set<Node<T>>(),
  }));
  nodes.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  link(nodes);
  pullUp(nodes);
  const steps = new Map<string, Node<T>[]>();
  for (const node of nodes) {
    const key = `${node.place.phase}/${node.place.wave}`;
    const step = steps.get(key);
    if (step === undefined) steps.set(key, [node]);
    else step.push(node);
  }
  const sorted = [...steps.values()].sort(([a], [b]) => comparePlaces((a as Node<T>).place, (b as Node<T>).place));
  const groups: Group<T>[] = [];
  const cycles: string[] = [];
  for (const step of sorted) {
    for (const level of levels(step, cycles)) groups.push({ ...(step[0] as Node<T>).place, items: level.map((node) => node.item) });
  }
  return { groups, cycles };
}

/** The order in which objects are deleted: the reverse, so that nothing loses what it refers to before it is gone itself. */
export function pruneOrderOf<T extends { readonly object: KubeObject }>(items: readonly T[]): Ordered<T> {
  const { groups, cycles } = orderOf(items);
  return { groups: [...groups].reverse(), cycles };
}

interface Node<T> {
  readonly item: T;
  readonly object: KubeObject;
  readonly name: string;
  place: Place;
  /** What must be there first. */
  readonly before: Set<Node<T>>;
}

function link<T>(nodes: readonly Node<T>[]): void {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const kinds = new Map(nodes.flatMap((node) => providesKind(node.object).map((kind) => [kind, node] as const)));
  const policies = nodes.filter((node) => isPolicy(node.object));
  const webhooks = nodes.filter((node) => isWebhook(node.object));
  const namespaceOf = (node: Node<T>) => node.object.metadata.namespace ?? '';
  for (const node of nodes) {
    const first = [
      ...dependenciesOf(node.object).map((name) => byName.get(name)),
      ...usesKind(node.object).map((kind) => kinds.get(kind)),
      ...(obeysPolicy(node.object) ? policies.filter((policy) => namespaceOf(policy) === namespaceOf(node)) : []),
    ];
    for (const other of first) if (other !== undefined && other !== node) node.before.add(other);
  }
  // A webhook that stands before the pods that answer it would refuse them.
  for (const webhook of webhooks) for (const node of nodes) if (!isWebhook(node.object)) webhook.before.add(node);
}

/**
 * Namespaces and kinds take the place of their earliest user, whatever they say themselves; what pods read, mount or run as does so
 * where it says nothing itself. Otherwise a Job of an early wave would wait for ever for a Secret of a later one.
 */
function pullUp<T>(nodes: readonly Node<T>[]): void {
  for (let moved = true; moved;) {
    moved = false;
    for (const node of nodes) {
      for (const first of node.before) {
        if (!movesUp(first.object) || comparePlaces(first.place, node.place) <= 0) continue;
        first.place = node.place;
        moved = true;
      }
    }
  }
}
const carried = ['ConfigMap', 'Secret', 'ServiceAccount', 'PersistentVolumeClaim', 'PriorityClass', 'RuntimeClass', 'StorageClass'];
function movesUp(object: KubeObject): boolean {
  if (object.kind === 'Namespace' || object.kind === 'CustomResourceDefinition') return true;
  const placed = [...waveAnnotations, ...hookAnnotations].some((name) => object.metadata.annotations?.[name] !== undefined);
  return carried.includes(object.kind) && !placed;
}
function comparePlaces(a: Place, b: Place): number {
  return phases.indexOf(a.phase) - phases.indexOf(b.phase) || a.wave - b.wave;
}

/** Nodes of one wave by the length of the longest way to them; edges out of the wave do not count. */
function levels<T>(step: readonly Node<T>[], cycles: string[]): Node<T>[][] {
  const inside = new Set(step);
  const waiting = new Map(step.map((node) => [node, new Set([...node.before].filter((first) => inside.has(first)))]));
  const out: Node<T>[][] = [];
  while (waiting.size > 0) {
    let ready = [...waiting].filter(([, before]) => before.size === 0).map(([node]) => node);
    if (ready.length === 0) {
      const cycle = findCycle(waiting);
      cycles.push([...cycle, cycle[0] as Node<T>].map((node) => node.name).join(' -> '));
      ready = [cycle[0] as Node<T>];
    }
    for (const node of ready) waiting.delete(node);
    for (const before of waiting.values()) for (const node of ready) before.delete(node);
    out.push(ready);
  }
  return out;
}

function findCycle<T>(waiting: ReadonlyMap<Node<T>, ReadonlySet<Node<T>>>): Node<T>[] {
  const path: Node<T>[] = [];
  let at = waiting.keys().next().value as Node<T>;
  while (!path.includes(at)) {
    path.push(at);
    at = waiting.get(at)?.values().next().value as Node<T>;
  }
  const cycle = path.slice(path.indexOf(at));
  const first = cycle.reduce((a, b) => (b.name < a.name ? b : a));
  const start = cycle.indexOf(first);
  return [...cycle.slice(start), ...cycle.slice(0, start)];
}
