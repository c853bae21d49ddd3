/**
 * A set of field paths, in the very form of managedFields' fieldsV1: `f:name` a field, `k:{...}` a list item by its keys,
 * `v:...` an item by its value. `{}` ends a path that is in the set; a path with others below it is in when `.` is there.
 * The root `{}` is the empty set. Sets are never changed and share their parts.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

export const emptySet: FieldSet = Object.freeze({});
/** The end of a path. */
export const leaf: FieldSet = emptySet;

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}
/** Is the path that ends at this node in the set? Not for roots. */
export function isMember(node: FieldSet): boolean {
  return Object.hasOwn(node, '.') || isEmptySet(node);
}
export function childOf(set: FieldSet | undefined, element: string): FieldSet | undefined {
  return set !== undefined && Object.hasOwn(set, element) ? set[element] : undefined;
}
/** A node of these children, itself in the set or not; undefined when nothing is left of it. */
export function nodeOf(member: boolean, children: FieldSet | undefined): FieldSet | undefined {
  if (children === undefined || isEmptySet(children)) return member ? leaf : undefined;
  if (member === Object.hasOwn(children, '.')) return children;
  if (member) return { '.': leaf, ...children };
  const { '.': _self, ...rest } = children;
  return isEmptySet(rest) ? undefined : rest;
}

type Combine = (a: FieldSet | undefined, b: FieldSet | undefined) => FieldSet | undefined;

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  return isEmptySet(a) ? b : (eachOf([a, b], { a, b, combine: unionNode }) ?? emptySet);
}
const unionNode: Combine = (a, b) => {
  if (a === undefined || b === undefined || a === b) return a ?? b;
  return nodeOf(isMember(a) || isMember(b), eachOf([a, b], { a, b, combine: unionNode }));
};

/** The paths of `a` that are not in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmptySet(b) ? a : (eachOf([a], { a, b, combine: differenceNode }) ?? emptySet);
}
const differenceNode: Combine = (a, b) => {
  if (a === undefined || b === undefined) return a;
  return nodeOf(isMember(a) && !isMember(b), eachOf([a], { a, b, combine: differenceNode }));
};

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return eachOf([a], { a, b, combine: intersectionNode }) ?? emptySet;
}
const intersectionNode: Combine = (a, b) => {
  if (a === undefined || b === undefined) return undefined;
  return nodeOf(isMember(a) && isMember(b), eachOf([a], { a, b, combine: intersectionNode }));
};

/** The paths of `a` that are not in `b` and do not lie below one that is. */
export function differenceBelow(a: FieldSet, b: FieldSet): FieldSet {
  return isEmptySet(b) ? a : (eachOf([a], { a, b, combine: differenceBelowNode }) ?? emptySet);
}
const differenceBelowNode: Combine = (a, b) => {
  if (a === undefined || b === undefined) return a;
  return isMember(b) ? undefined : nodeOf(isMember(a), eachOf([a], { a, b, combine: differenceBelowNode }));
};

/** The combined children, perhaps with `a`'s own dot; the very node `a` when all of it stays as it is. */
function eachOf(over: readonly FieldSet[], of: { a: FieldSet; b: FieldSet; combine: Combine }): FieldSet | undefined {
  const out: Record<string, FieldSet> = {};
  let count = 0;
  let same = over.length === 1;
  for (const set of over) {
    for (const element in set) {
      if (element === '.' || (set === of.b && Object.hasOwn(of.a, element))) continue;
      const old = childOf(of.a, element);
      const node = of.combine(old, childOf(of.b, element));
      if (node !== old) same = false;
      if (node === undefined) continue;
      out[element] = node;
      count++;
    }
  }
  if (count === 0) return undefined;
  return same ? of.a : out;
}

/** Is every path of `a` in `b`? */
export function isSubset(a: FieldSet, b: FieldSet): boolean {
  for (const element in a) {
    if (element === '.') continue;
    const inA = a[element] as FieldSet;
    const inB = childOf(b, element);
    if (inB === undefined || (isMember(inA) && !isMember(inB)) || !isSubset(inA, inB)) return false;
  }
  return true;
}

/** The same set with every field on the way to a path in it too: as if structs were owned with what is in them. */
export function withFieldsAbove(set: FieldSet): FieldSet {
  const out: Record<string, FieldSet> = {};
  for (const element in set) {
    if (element === '.') continue;
    const node = set[element] as FieldSet;
    out[element] = nodeOf(element.startsWith('f:') || isMember(node), withFieldsAbove(node)) as FieldSet;
  }
  return out;
}

/** Each path of the set as its elements, in the set's order. */
export function pathsOf(set: FieldSet): string[][] {
  const paths: string[][] = [];
  const walk = (node: FieldSet, path: readonly string[]): void => {
    for (const element in node) {
      if (element === '.') continue;
      const child = node[element] as FieldSet;
      const here = [...path, element];
      if (isMember(child)) paths.push(here);
      walk(child, here);
    }
  };
  walk(set, []);
  return paths;
}

/** Each path of the set, those that end at a node before those that go on below it: the order in which upstream names conflicts. */
export function pathsOutwards(set: FieldSet): string[][] {
  const paths: string[][] = [];
  const walk = (node: FieldSet, path: readonly string[]): void => {
    const children = Object.keys(node).filter((element) => element !== '.');
    for (const element of children) if (isMember(node[element] as FieldSet)) paths.push([...path, element]);
    for (const element of children) walk(node[element] as FieldSet, [...path, element]);
  };
  walk(sorted(set), []);
  return paths;
}

/** The set with its elements in upstream's order; the same one when they are. */
export function sorted(set: FieldSet): FieldSet {
  if (isSorted(set)) return set;
  const out: Record<string, FieldSet> = {};
  for (const element of Object.keys(set).sort()) out[element] = sorted(set[element] as FieldSet);
  return out;
}
function isSorted(set: FieldSet): boolean {
  let last = '';
  for (const element in set) {
    if (element < last || !isSorted(set[element] as FieldSet)) return false;
    last = element;
  }
  return true;
}
