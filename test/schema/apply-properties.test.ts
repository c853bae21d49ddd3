import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { deepFreeze } from '../../src/base/json.ts';
import { recordUpdate, serverSideApply } from '../../src/schema/apply.ts';
import { compare } from '../../src/schema/compare.ts';
import { difference, intersection, isEmptySet, isSubset, sorted, union, type FieldSet } from '../../src/schema/field-set.ts';
import { appliedFields } from '../../src/schema/owned-fields.ts';
import { removeFields } from '../../src/schema/remove-fields.ts';
import { shelf } from './story.ts';

const time = '2026-01-01T00:00:00Z';
const word = fc.constantFrom('a', 'b', 'c');
const optional = <T extends Record<string, fc.Arbitrary<unknown>>>(fields: T) => fc.record(fields, { requiredKeys: [] });
const slots = fc.uniqueArray(
  fc.record({ port: fc.nat(3), protocol: fc.constantFrom('TCP', 'UDP'), label: word, size: fc.nat(2) }, { requiredKeys: ['port'] }),
  {
    selector: ({ port, protocol = 'TCP' }) => `${port}/${protocol}`,
    maxLength: 3,
  },
);
const spec = optional({
  count: fc.nat(2),
  note: word,
  slots,
  tags: fc.uniqueArray(word, { maxLength: 3 }),
  steps: fc.array(word, { maxLength: 2 }),
  free: fc.dictionary(word, word, { maxKeys: 2 }),
  pick: fc.dictionary(word, word, { maxKeys: 2 }),
  any: fc.dictionary(word, fc.oneof(word, fc.array(word, { maxLength: 2 }), fc.dictionary(word, word, { maxKeys: 2 })), { maxKeys: 2 }),
});
const config = fc.record(
  { metadata: fc.record({ name: fc.constant('s'), labels: fc.dictionary(word, word, { maxKeys: 2 }) }, { requiredKeys: ['name'] }), spec },
  { requiredKeys: ['metadata'] },
);
type Config = KubeObject;
const made = config.map((one) => deepFreeze({ apiVersion: 'demo.example/v1', kind: 'Shelf', ...one }) as unknown as Config);
const apply = (live: Config | undefined, applied: Config, manager: string, force = true) =>
  deepFreeze(serverSideApply(shelf, live, applied, { manager, force, time }));
const body = ({ metadata: { managedFields: _fields, ...metadata }, ...rest }: Config) => ({ ...rest, metadata });
const fieldsOf = (object: Config, manager: string): FieldSet =>
  (object.metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1 ?? {}) as FieldSet;

describe('server-side apply', () => {
  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(made, made, (first, second) => {
        const once = apply(apply(undefined, first, 'a'), second, 'b');
        expect(apply(once, second, 'b')).toEqual(once);
      }),
    );
  });

  it('leaves what was applied in the object', () => {
    fc.assert(
      fc.property(made, made, made, (first, second, third) => {
        const object = apply(apply(apply(undefined, first, 'a'), second, 'b'), third, 'a');
        const { added, modified } = compare(shelf, body(object), third);
        expect([added, modified]).toEqual([{}, {}]);
      }),
    );
  });

  it('of different managers gives one result in any order, lists of items apart', () => {
    const [left, right] = ['a', 'b'].map((side) =>
      fc.record({ note: word, port: fc.nat(3) }).map(({ note, port }) =>
        deepFreeze({
          apiVersion: 'demo.example/v1',
          kind: 'Shelf',
          metadata: { name: 's', labels: { [side]: note } },
          spec: {
            free: { [side]: note },
            any: { [side]: { x: note } },
            slots: [{ port, protocol: side === 'a' ? 'TCP' : 'UDP', label: note }],
          },
        } as unknown as Config),
      ),
    ) as [fc.Arbitrary<Config>, fc.Arbitrary<Config>];
    const plain = (object: Config) => {
      const { slots: items, ...rest } = (object as unknown as { spec: { slots: { protocol: string }[] } }).spec;
      return { ...object, spec: { ...rest, slots: [...items].sort((x, y) => (x.protocol < y.protocol ? -1 : 1)) } };
    };
    fc.assert(
      fc.property(left, right, (a, b) => {
        const one = apply(apply(undefined, a, 'a', false), b, 'b', false);
        const other = apply(apply(undefined, b, 'b', false), a, 'a', false);
        expect(plain(one)).toEqual(plain(other));
      }),
    );
  });

  it('takes away all of what it applied and leaves out, and nothing else', () => {
    const bare = deepFreeze({ apiVersion: 'demo.example/v1', kind: 'Shelf', metadata: { name: 's' } } as Config);
    fc.assert(
      fc.property(made, made, (others, own) => {
        const before = apply(undefined, others, 'a');
        const after = apply(apply(before, own, 'b'), bare, 'b');
        expect(fieldsOf(after, 'b')).toEqual({});
        // What is left is what the other still owns.
        const left = appliedFields(shelf, body(after));
        const kept = appliedFields(shelf, others);
        expect(isSubset(difference(left, appliedFields(shelf, bare)), union(kept, fieldsOf(after, 'a')))).toBe(true);
      }),
    );
  });

  it('and updates name only fields that are there', () => {
    const step = fc.oneof(fc.tuple(fc.constantFrom('apply'), word, made), fc.tuple(fc.constantFrom('update'), word, made));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        let object: Config | undefined;
        for (const [how, manager, next] of steps) {
          if (how === 'apply') object = apply(object, next, manager);
          else
            object = deepFreeze(
              recordUpdate(
                shelf,
                object,
                object === undefined
                  ? next
                  : { ...next, metadata: { ...next.metadata, managedFields: object.metadata.managedFields ?? [] } },
                { manager, time },
              ),
            );
          const { added } = compare(shelf, {}, body(object));
          for (const entry of object.metadata.managedFields ?? []) {
            expect(isSubset(entry.fieldsV1 as FieldSet, added)).toBe(true);
          }
        }
      }),
    );
  });
});

describe('field sets', () => {
  const sets = fc.tuple(made, made).map(([a, b]) => [appliedFields(shelf, a), appliedFields(shelf, b)] as const);

  it('obey the algebra of sets', () => {
    fc.assert(
      fc.property(sets, ([a, b]) => {
        expect(sorted(union(a, b))).toEqual(sorted(union(b, a)));
        expect(sorted(union(difference(a, b), intersection(a, b)))).toEqual(sorted(a));
        expect(intersection(difference(a, b), b)).toEqual({});
        expect(isSubset(intersection(a, b), b)).toBe(true);
        expect(difference(a, a)).toEqual({});
        expect(union(a, a)).toBe(a);
        expect(difference(a, {})).toBe(a);
      }),
    );
  });

  it('of an object take all of it away', () => {
    fc.assert(
      fc.property(made, (object) => {
        const fields = appliedFields(shelf, object);
        const rest = removeFields(shelf, object, fields);
        expect(isEmptySet(appliedFields(shelf, rest ?? {}))).toBe(true);
      }),
    );
  });
});
