import { describe, expect, it } from 'vitest';
import { apiVersionOf, type KubeObject } from '../../src/api/object.ts';
import { deepFreeze } from '../../src/base/json.ts';
import { seededRandom, type Random } from '../../src/base/random.ts';
import { serverSideApply } from '../../src/schema/apply.ts';
import { compare } from '../../src/schema/compare.ts';
import { difference, intersection, isEmptySet, union, type FieldSet } from '../../src/schema/field-set.ts';
import { decodeManagers, encodeManagers } from '../../src/schema/managers.ts';
import { appliedFields } from '../../src/schema/owned-fields.ts';
import { withoutUnowned } from '../../src/schema/record-update.ts';
import type { Schema } from '../../src/schema/schema.ts';
import { builtInKinds } from '../support/api-server.ts';
import { randomObject, randomSchema, split, unordered } from '../support/random-objects.ts';

/** How often each law is tried for a kind, and for how many schemas that chance makes. */
const soak = process.env['STEER_SOAK'] === '1';
const rounds = soak ? 200 : 6;
const schemas = soak ? 2000 : 150;
const time = '2026-01-01T00:00:00Z';

interface Subject {
  readonly schema: Schema;
  make(): KubeObject;
  split(object: KubeObject): [KubeObject, KubeObject];
}
const body = ({ metadata: { managedFields: _fields, ...metadata }, ...rest }: KubeObject): object => ({ ...rest, metadata });
const fieldsOf = (object: KubeObject, manager: string): FieldSet =>
  (object.metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1 ?? {}) as FieldSet;
const allOwned = (object: KubeObject): FieldSet =>
  (object.metadata.managedFields ?? []).reduce<FieldSet>((all, { fieldsV1 }) => union(all, fieldsV1 as FieldSet), {});

/** The laws of server-side apply; each throws when it does not hold. */
const laws: Readonly<Record<string, (subject: Subject) => void>> = {
  'applied twice is applied once': ({ schema, make }) => {
    const [first, second] = [make(), make()];
    const once = apply(schema, apply(schema, undefined, first, 'a'), second, 'b');
    expect(apply(schema, once, second, 'b')).toEqual(once);
  },
  'managers of different fields get one result in any order, without force': ({ schema, make, split: halve }) => {
    const [left, right] = halve(make());
    const one = gently(schema, gently(schema, undefined, left, 'a'), right, 'b');
    const other = gently(schema, gently(schema, undefined, right, 'b'), left, 'a');
    expect(unordered(schema, one)).toEqual(unordered(schema, other));
  },
  'what its last owner gives up is gone': ({ schema, make, split: halve }) => {
    const whole = make();
    const [part, rest] = halve(whole);
    const given = apply(schema, apply(schema, undefined, whole, 'a'), part, 'a');
    expect(unordered(schema, body(given))).toEqual(unordered(schema, part));
    const shared = apply(schema, gently(schema, apply(schema, undefined, whole, 'a'), rest, 'b'), bare(whole), 'a');
    expect(unordered(schema, body(shared))).toEqual(unordered(schema, rest));
  },
  'nothing that somebody applied is without an owner': ({ schema, make }) => {
    let object: KubeObject | undefined;
    for (const manager of ['a', 'b', 'c', 'a', 'b']) {
      object = apply(schema, object, make(), manager);
      const fields = withoutUnowned(appliedFields(schema, body(object)));
      expect(difference(fields, allOwned(object))).toEqual({});
    }
  },
  'a forced takeover leaves one owner of what it changes': ({ schema, make }) => {
    const [first, second] = [make(), make()];
    const before = apply(schema, undefined, first, 'a');
    const after = apply(schema, before, second, 'b');
    const { modified } = compare(schema, body(before), body(after));
    expect(intersection(fieldsOf(after, 'a'), modified)).toEqual({});
    const taken = intersection(fieldsOf(before, 'a'), modified);
    expect(difference(taken, fieldsOf(after, 'b'))).toEqual({});
    const clash = () => gently(schema, before, second, 'b');
    if (isEmptySet(taken)) expect(clash()).toEqual(after);
    else expect(clash).toThrow(/^Apply failed with \d+ conflicts?: conflicts? with "a"/);
  },
  'managedFields are read as they were written': ({ schema, make }) => {
    const object = apply(schema, apply(schema, undefined, make(), 'a'), make(), 'b');
    const entries = object.metadata.managedFields ?? [];
    const managers = decodeManagers(JSON.parse(JSON.stringify(entries)) as typeof entries);
    expect(encodeManagers(managers ?? new Map())).toEqual(entries);
    const remade = [...(managers ?? new Map())].map(([identity, { entry: _entry, ...manager }]) => [identity, manager] as const);
    expect(encodeManagers(new Map(remade))).toEqual(entries);
  },
};

function apply(schema: Schema, live: KubeObject | undefined, applied: KubeObject, manager: string): KubeObject {
  return deepFreeze(serverSideApply(schema, live, deepFreeze(applied), { manager, force: true, time }));
}
function gently(schema: Schema, live: KubeObject | undefined, applied: KubeObject, manager: string): KubeObject {
  return deepFreeze(serverSideApply(schema, live, deepFreeze(applied), { manager, time }));
}
function bare({ apiVersion, kind, metadata: { name } }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { name } };
}
function subjectOf(schema: Schema, about: { apiVersion: string; kind: string }, random: Random): Subject {
  return { schema, make: () => randomObject(schema, about, random), split: (object) => split(schema, object, random) };
}

describe.each(Object.entries(laws))('%s', (_law, holds) => {
  it.each(builtInKinds().map((one) => [`${apiVersionOf(one.kind)} ${one.kind.kind}`, one] as const))('%s', (_name, { kind, schema }) => {
    const about = { apiVersion: apiVersionOf(kind), kind: kind.kind };
    for (let seed = 1; seed <= rounds; seed++) {
      try {
        holds(subjectOf(schema, about, seededRandom(seed)));
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    }
  });

  it('schemas that chance has made', () => {
    for (let seed = 1; seed <= schemas; seed++) {
      const random = seededRandom(seed);
      const subject = subjectOf(randomSchema(random), { apiVersion: 'demo.example/v1', kind: 'Thing' }, random);
      try {
        holds(subject);
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    }
  });
});

it('objects of chance are no trifles', () => {
  const sizes = builtInKinds().map(({ kind, schema }) => {
    const about = { apiVersion: apiVersionOf(kind), kind: kind.kind };
    return JSON.stringify(randomObject(schema, about, seededRandom(1))).length;
  });
  expect(sizes.filter((size) => size > 200).length).toBeGreaterThan(sizes.length / 2);
});
