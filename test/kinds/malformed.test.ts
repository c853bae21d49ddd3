import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changed, deployment, job, kinds, pod, service, write, type Loose } from './write.ts';

const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'b' }, data: {} };
const secret = { ...configMap, kind: 'Secret', stringData: {} };
const hpa = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'a', namespace: 'b' },
  spec: {
    maxReplicas: 1,
    scaleTargetRef: { kind: 'A', name: 'b' },
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Value' } } }],
  },
};
const manifests: readonly Loose[] = [pod, deployment, job, service, configMap, secret, hpa];

/** Paths of everything below metadata's sisters. */
function paths(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  const below = Object.entries(value).flatMap(([key, child]) => paths(child, path === '' ? key : `${path}.${key}`));
  return path === '' ? below : [path, ...below];
}
const wrong = [
  ...manifests.flatMap((manifest) =>
    paths(manifest, '')
      .filter((path) => !/^(apiVersion|kind|metadata)/.test(path))
      .map((path) => ({ manifest, path })),
  ),
];

describe('an object with a value of a wrong type', () => {
  it('is refused in words, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...wrong),
        fc.constantFrom<unknown>('text', 7, true, [], ['x'], [7], {}, { x: 1 }, [[]]),
        ({ manifest, path }, value) => {
          const { errors } = write(changed(manifest, path, value));
          expect(errors.every((error) => error.length > 0)).toBe(true);
        },
      ),
      { numRuns: 400 },
    );
  });
  it('of every kind, when the spec is none', () => {
    const specs = kinds.all().filter(({ schema }) => schema.properties.get('spec')?.type === 'object');
    for (const { kind } of specs) {
      const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
      const metadata = { name: 'a', ...(kind.namespaced && { namespace: 'b' }) };
      expect(write({ apiVersion, kind: kind.kind, metadata, spec: 'text' }).errors).toContainEqual(
        expect.stringMatching(/^spec: Invalid value/),
      );
    }
    expect(specs.length).toBeGreaterThan(8);
  });
});

describe('a quantity that is none', () => {
  it('is refused, in a pod too', () => {
    const { errors } = write(
      changed(pod, 'spec.containers.0.resources', { limits: { cpu: 'abc' }, requests: { cpu: '1', memory: '1u2u' } }),
    );
    expect(errors).toEqual([
      expect.stringContaining('spec.containers[0].resources.limits[cpu]: Invalid value: "abc"'),
      expect.stringContaining('spec.containers[0].resources.requests[memory]: Invalid value: "1u2u"'),
    ]);
  });
});
