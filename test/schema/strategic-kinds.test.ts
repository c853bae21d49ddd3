import { describe, expect, it } from 'vitest';
import { apiVersionOf, type KubeObject } from '../../src/api/object.ts';
import { deepFreeze } from '../../src/base/json.ts';
import { seededRandom } from '../../src/base/random.ts';
import { itemSchema } from '../../src/schema/granularity.ts';
import type { Schema } from '../../src/schema/schema.ts';
import { strategicMerge } from '../../src/schema/strategic-merge.ts';
import { builtInKinds } from '../support/api-server.ts';
import { randomObject } from '../support/random-objects.ts';
import { strategicDiff, threeWayDiff } from '../support/strategic-diff.ts';

type Fields = Readonly<Record<string, unknown>>;
const rounds = process.env['STEER_SOAK'] === '1' ? 300 : 10;

function labelled({ metadata, ...rest }: KubeObject, name: string): KubeObject {
  return deepFreeze({ ...rest, metadata: { ...metadata, labels: { ...metadata.labels, [name]: 'x' } } });
}

/** A list that merges, and the way to it from where merging begins; `[]` steps into a list. */
interface MergeList {
  readonly name: string;
  readonly kind: string;
  /** The kind, or the items of the list around it that is replaced whole. */
  readonly root: Schema;
  readonly path: readonly string[];
  readonly list: Schema;
}
/** Every merge list of a kind, each definition entered once. */
function mergeLists(kind: string, root: Schema): MergeList[] {
  const found: MergeList[] = [];
  const seen = new Set<Schema>();
  const walk = (schema: Schema, at: { name: string; root: Schema; path: readonly string[] }): void => {
    const definition = schema.definition ?? schema;
    if (seen.has(definition)) return;
    if (schema.properties.size > 0) seen.add(definition);
    for (const [member, child] of schema.properties) {
      const merges = child.patchStrategy?.includes('merge') === true;
      const here = { name: `${at.name}.${member}`, root: at.root, path: [...at.path, member] };
      if (merges) found.push({ kind, ...here, list: child });
      walk(child, here);
      if (child.items === undefined) continue;
      walk(
        child.items,
        merges ? { ...here, name: `${here.name}[]`, path: [...here.path, '[]'] } : { name: `${here.name}[]`, root: child.items, path: [] },
      );
    }
  };
  walk(root, { name: kind, root, path: [] });
  return found;
}
const lists = builtInKinds().flatMap(({ kind, schema }) => mergeLists(`${apiVersionOf(kind)} ${kind.kind}`, schema));

/** An object with only this list in it, and with list items on the way to it that have their keys. */
function around(root: Schema, path: readonly string[], value: unknown): Fields {
  const [step, ...rest] = path;
  if (step === undefined) return value as Fields;
  const child = root.properties.get(step) as Schema;
  if (rest[0] !== '[]') return { [step]: rest.length === 0 ? value : around(child, rest, value) };
  const inner = around(itemSchema(child), rest.slice(1), value);
  return { [step]: [child.patchMergeKey === undefined ? inner : { ...inner, [child.patchMergeKey]: keyFor(child, 'outer') }] };
}
function valueAt(root: Schema, path: readonly string[], object: Fields): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return object;
  const below = object[step];
  if (rest.length === 0) return below;
  const child = root.properties.get(step) as Schema;
  return rest[0] === '[]'
    ? valueAt(itemSchema(child), rest.slice(1), (below as Fields[])[0] as Fields)
    : valueAt(child, rest, below as Fields);
}
const numbers: Readonly<Record<string, number>> = { outer: 9, a: 1, b: 2, c: 3 };
function keyFor(list: Schema, name: string): unknown {
  return list.items?.properties.get(list.patchMergeKey ?? '')?.type === 'integer' ? numbers[name] : name;
}

describe('every merge list', () => {
  it('is found', () => {
    console.log(`merge lists: ${lists.length} in ${new Set(lists.map(({ kind }) => kind)).size} kinds`);
    expect(lists.length).toBeGreaterThan(300);
  });
  const ofMaps = lists.filter(({ list }) => list.patchMergeKey !== undefined);
  const ofScalars = lists.filter(({ list }) => list.patchMergeKey === undefined);
  const named = (some: readonly MergeList[]) => some.map((one) => [one.name, one] as const);

  it.each(named(ofMaps))('%s merges by its key, deletes, replaces and orders', (_name, { root, path, list }) => {
    const key = list.patchMergeKey as string;
    const other = [...(list.items as Schema).properties.keys()].find((name) => name !== key) ?? 'x';
    const item = (name: string, value?: string): Fields => ({ [key]: keyFor(list, name), ...(value !== undefined && { [other]: value }) });
    const patched = (before: readonly Fields[], patch: readonly Fields[], directives: Fields = {}) => {
      const wrapped = around(root, path, patch);
      const holder =
        path.length === 1
          ? wrapped
          : (valueAt(root, path.slice(0, -1).at(-1) === '[]' ? path.slice(0, -2) : path.slice(0, -1), wrapped) as Fields);
      const target = (Array.isArray(holder) ? holder[0] : holder) as Record<string, unknown>;
      Object.assign(target, directives);
      return valueAt(root, path, strategicMerge(root, deepFreeze(around(root, path, before)), deepFreeze(wrapped)));
    };
    const name = path.at(-1) as string;
    expect(patched([item('a', '1'), item('b', '2')], [item('b', '3')])).toEqual([item('a', '1'), item('b', '3')]);
    expect(patched([item('a', '1')], [item('c', '3')])).toEqual(expect.arrayContaining([item('a', '1'), item('c', '3')]));
    expect(patched([item('a', '1'), item('b', '2')], [{ ...item('a'), $patch: 'delete' }])).toEqual([item('b', '2')]);
    expect(patched([item('a', '1'), item('b', '2')], [{ $patch: 'replace' }, item('c', '3')])).toEqual([item('c', '3')]);
    expect(patched([item('a', '1')], [{ ...item('a'), $patch: 'replace' }])).toEqual([]);
    expect(patched([item('a', '1'), item('b', '2')], [item('a', '4')], { [`$setElementOrder/${name}`]: [item('b'), item('a')] })).toEqual([
      item('b', '2'),
      item('a', '4'),
    ]);
    expect(() => patched([item('a')], [{ [other]: 'x' }])).toThrow(`map: map[${other}:x] does not contain declared merge key: ${key}`);
  });

  it.each(named(ofScalars))('%s joins by value, deletes and orders', (_name, { root, path }) => {
    const name = path.at(-1) as string;
    const holder = path.slice(0, -1);
    const merged = (patch: Fields) =>
      valueAt(root, path, strategicMerge(root, deepFreeze(around(root, path, ['a', 'b'])), deepFreeze(around(root, holder, patch))));
    expect(merged({ [name]: ['c', 'a'] })).toEqual(expect.arrayContaining(['a', 'b', 'c']));
    expect(merged({ [`$deleteFromPrimitiveList/${name}`]: ['a'] })).toEqual(['b']);
    expect(merged({ [`$setElementOrder/${name}`]: ['c', 'b', 'a'], [name]: ['c'] })).toEqual(['c', 'b', 'a']);
  });
});

describe.each(builtInKinds().map((one) => [`${apiVersionOf(one.kind)} ${one.kind.kind}`, one] as const))(
  'of %s',
  (_name, { kind, schema }) => {
    const make = (seed: number): KubeObject =>
      deepFreeze(randomObject(schema, { apiVersion: apiVersionOf(kind), kind: kind.kind }, seededRandom(seed)));
    const bodyOf = (object: KubeObject): Fields => object as unknown as Fields;

    it('a patch that a diff made gives the target, and nothing to change makes no patch', () => {
      for (let seed = 1; seed <= rounds; seed++) {
        const [from, to] = [make(seed), make(seed + 1000)];
        const patch = strategicDiff(schema, bodyOf(from), bodyOf(to));
        expect(strategicMerge(schema, from, deepFreeze(patch)), `seed ${seed}`).toEqual(to);
        expect(strategicDiff(schema, bodyOf(to), bodyOf(to))).toEqual({});
        expect(strategicMerge(schema, from, {})).toEqual(from);
      }
    });

    it('client-side apply leaves what others added, and takes away what it had', () => {
      for (let seed = 1; seed <= rounds; seed++) {
        // Both have labels: a manifest without any takes the whole map away, as kubectl does.
        const [last, next] = [labelled(make(seed), 'mine'), labelled(make(seed + 2000), 'mine')];
        const live = labelled(last, 'others');
        const patch = deepFreeze(threeWayDiff(schema, { last: bodyOf(last), manifest: bodyOf(next), live: bodyOf(live) }));
        expect(strategicMerge(schema, live, patch), `seed ${seed}`).toEqual(labelled(next, 'others'));
      }
    });
  },
);
