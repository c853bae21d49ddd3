import { describe, expect, it, test } from 'vitest';
import { seededRandom, type Random } from '../../src/base/random.ts';
import { isPlainlyRight } from '../../src/schema/glance.ts';
import type { Schema } from '../../src/schema/schema.ts';
import { validateChange } from '../../src/schema/validate.ts';
import { inline, schemaOf } from './schemas.ts';

/** Of the compiled check alone. */
const isRight = (schema: Schema, value: unknown) => validateChange(schema, value, undefined).length === 0;

const kinds = [
  'core/v1/pod',
  'core/v1/service',
  'core/v1/persistentvolumeclaim',
  'apps/v1/deployment',
  'autoscaling/v2/horizontalpodautoscaler',
  'networking.k8s.io/v1/ingress',
  'networking.k8s.io/v1/networkpolicy',
  'apiextensions.k8s.io/v1/customresourcedefinition',
];

describe('what a glance finds right', () => {
  test.each(kinds)('the compiled check of %s finds right too', (name) => {
    const random = seededRandom(7);
    const schema = schemaOf(name);
    const told = { right: 0, glanced: 0, wrong: 0 };
    for (let round = 0; round < 400; round++) {
      const value = made(schema, { random, depth: 0, mistakes: round % 2 === 0 ? 0 : 0.02 });
      const [glance, right] = [isPlainlyRight(schema, value), isRight(schema, value)];
      if (glance && !right) expect({ value, says: validateChange(schema, value, undefined) }).toEqual({ value, says: [] });
      told.right += Number(right);
      told.glanced += Number(glance);
      told.wrong += Number(!right);
    }
    expect(told.wrong).toBeGreaterThan(20);
    expect(told.right).toBeGreaterThan(50);
    // It would be of no use otherwise.
    expect(told.glanced).toBeGreaterThan(told.right / 2);
  });
});

test.each<[string, Record<string, unknown>, unknown]>([
  ['a null where one may stand', { type: 'string', nullable: true }, null],
  ['a pattern', { type: 'string', pattern: '^a' }, 'ab'],
  ['a choice of schemas', { anyOf: [{ type: 'string' }] }, 'a'],
  ['a length', { type: 'string', minLength: 1 }, 'a'],
])('%s is left to the compiled check', (_what, json, value) => {
  expect(isPlainlyRight(inline(json), value)).toBe(false);
  expect(isRight(inline(json), value)).toBe(true);
});

it('leaves it to the compiled check to say that a schema is wrong itself', () => {
  const schema = inline({ type: 'integer', minimum: 'x' });
  expect(isPlainlyRight(schema, 5)).toBe(false);
  expect(() => validateChange(schema, 5, undefined)).toThrow();
});

it('says nothing of custom kinds', () => {
  expect(isPlainlyRight(inline({ type: 'string' }, true), 'a')).toBe(false);
});

interface Making {
  readonly random: Random;
  readonly depth: number;
  /** How likely each value is one that does not belong there. */
  readonly mistakes: number;
}
const strays: readonly unknown[] = [
  null,
  '',
  'x',
  0,
  -1,
  1.5,
  70_000,
  2 ** 40,
  true,
  [],
  ['a', 'a'],
  {},
  { name: 'a' },
  '5x',
  '1Gi',
  Number.NaN,
];

/** A value as the schema wants it, but for mistakes. Keys of lists repeat now and then. */
function made(schema: Schema, making: Making): unknown {
  const { random, depth, mistakes } = making;
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random.next() * all.length)] as T;
  if (random.next() < mistakes) return pick(strays);
  const below = { ...making, depth: depth + 1 };
  switch (schema.type) {
    case 'object':
      return Object.fromEntries([...membersOf(schema, below), ...othersOf(schema, below)]);
    case 'array': {
      const count = schema.items === undefined || depth > 8 ? 0 : pick([0, 1, 1, 2]);
      return Array.from({ length: count }, () => made(schema.items as Schema, below));
    }
    case 'integer':
    case 'number':
      return pick(mistakes > 0 ? [1, 80, 80, 80, 80, -1, 70_000, 2 ** 40] : [1, 2, 80]);
    case 'boolean':
      return random.next() < 0.5;
    case 'int-or-string':
      return pick([80, '25%']);
    default:
      return textOf(schema, pick);
  }
}
function membersOf(schema: Schema, below: Making): [string, unknown][] {
  const { random, depth, mistakes } = below;
  const wanted = [...schema.properties].filter(([name]) => {
    if (schema.required.includes(name)) return random.next() >= mistakes;
    return depth < 7 && random.next() < 3 / Math.max(schema.properties.size, 6);
  });
  return wanted.map(([name, member]) => [name, made(member, below)]);
}
function othersOf({ additional }: Schema, below: Making): [string, unknown][] {
  if (additional === undefined || below.depth > 7 || below.random.next() < 0.5) return [];
  return [[`key-${Math.floor(below.random.next() * 10)}`, made(additional, below)]];
}
function textOf(schema: Schema, pick: <T>(all: readonly T[]) => T): unknown {
  if (schema.enum !== undefined) return pick(schema.enum);
  const byFormat: Readonly<Record<string, readonly string[]>> = {
    quantity: ['1', '500m', '2Gi'],
    'date-time': ['2026-01-01T00:00:00Z'],
    'micro-time': ['2026-01-01T00:00:00.000000Z'],
    byte: ['', 'YQ=='],
  };
  return pick(byFormat[schema.format ?? ''] ?? ['a', 'b', 'TCP', 'name-1']);
}
