import { expect, it, test } from 'vitest';
import { normalise } from '../../src/schema/normalise.ts';
import { inline, schemaOf } from './schemas.ts';

test.each([
  ['quantity', '1000m', '1'],
  ['quantity', 0.5, '500m'],
  ['quantity', '1024Mi', '1Gi'],
  ['quantity', 'much', 'much'],
  ['date-time', '2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
  ['date-time', '2026-01-02t03:04:05.678+02:00', '2026-01-02T01:04:05Z'],
  ['date-time', 'tomorrow', 'tomorrow'],
  ['micro-time', '2026-01-02T03:04:05.1234567Z', '2026-01-02T03:04:05.123456Z'],
  ['micro-time', '2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000000Z'],
  ['date', '2026-01-02', '2026-01-02'],
])('a %s written %s reads %s', (format, value, text) => {
  expect(normalise(inline({ type: 'object', additionalProperties: { type: 'string', format } }), { a: value })).toEqual({ a: text });
});

it('rewrites amounts of a container and shares the rest', () => {
  const metadata = { name: 'a' };
  const pod = { metadata, spec: { containers: [{ name: 'a', resources: { limits: { cpu: '2000m' }, requests: { memory: '64Mi' } } }] } };
  const written = normalise(schemaOf('core/v1/pod'), pod);
  expect(written.spec.containers[0]?.resources).toEqual({ limits: { cpu: '2' }, requests: { memory: '64Mi' } });
  expect(written.metadata).toBe(metadata);
});

it('leaves custom resources as they are written', () => {
  const custom = inline({ type: 'object', properties: { at: { type: 'string', format: 'date-time' } } }, true);
  expect(normalise(custom, { at: '2026-01-02T03:04:05.678Z' })).toEqual({ at: '2026-01-02T03:04:05.678Z' });
});
