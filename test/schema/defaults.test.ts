import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { deepFreeze } from '../../src/base/json.ts';
import { withDefaults } from '../../src/schema/defaults.ts';
import { inline, schemaOf } from './schemas.ts';

const shelf = inline({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        count: { type: 'integer', default: 1 },
        note: { type: 'string', default: 'none', nullable: true },
        slots: { type: 'array', items: { type: 'object', properties: { protocol: { type: 'string', default: 'TCP' } } } },
        named: { type: 'object', additionalProperties: { type: 'object', properties: { on: { type: 'boolean', default: true } } } },
        deep: { type: 'object', default: {}, properties: { level: { type: 'integer', default: 7 } } },
      },
    },
  },
});

test.each([
  ['nothing below an absent parent', {}, {}],
  ['a present parent', { spec: {} }, { spec: { count: 1, note: 'none', deep: { level: 7 } } }],
  ['a null that may not be', { spec: { count: null } }, { spec: { count: 1, note: 'none', deep: { level: 7 } } }],
  ['a null that may be', { spec: { note: null } }, { spec: { count: 1, note: null, deep: { level: 7 } } }],
  [
    'items and map values',
    { spec: { count: 2, note: '', deep: { level: 1 }, slots: [{}, { protocol: 'UDP' }], named: { a: {}, b: { on: false } } } },
    {
      spec: {
        count: 2,
        note: '',
        deep: { level: 1 },
        slots: [{ protocol: 'TCP' }, { protocol: 'UDP' }],
        named: { a: { on: true }, b: { on: false } },
      },
    },
  ],
])('defaults fill %s', (_name, value, filled) => {
  expect(withDefaults(shelf, deepFreeze(value))).toEqual(filled);
});

describe('withDefaults', () => {
  it('answers the same object when nothing is missing', () => {
    const full = { spec: { count: 1, note: 'x', deep: { level: 7 } } };
    expect(withDefaults(shelf, full)).toBe(full);
  });

  it('is idempotent', () => {
    const pod = schemaOf('core/v1/pod');
    const container = fc.record({
      name: fc.string(),
      ports: fc.array(fc.record({ containerPort: fc.nat(), protocol: fc.constant('UDP') }, { requiredKeys: [] })),
    });
    fc.assert(
      fc.property(
        fc.record({ spec: fc.record({ containers: fc.array(container) }, { requiredKeys: [] }) }, { requiredKeys: [] }),
        (value) => {
          const once = withDefaults(pod, value);
          expect(withDefaults(pod, once)).toBe(once);
        },
      ),
    );
  });

  it('knows what Kubernetes fills into a container', () => {
    const filled = withDefaults(schemaOf('core/v1/pod'), { spec: { containers: [{ name: 'a', ports: [{ containerPort: 80 }] }] } });
    expect(filled.spec.containers).toEqual([
      {
        name: 'a',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        terminationMessagePath: '/dev/termination-log',
        resources: {},
        terminationMessagePolicy: 'File',
      },
    ]);
  });
});
