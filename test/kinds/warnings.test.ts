import { expect, test } from 'vitest';
import { changed, deployment, kinds, pod, stored, type Loose } from './write.ts';

const container = (extra: Loose): Loose[] => [{ name: 'web', image: 'nginx:1.27', ...extra }];

test.each<[Loose, string[]]>([
  [{}, []],
  [
    {
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' },
      ],
    },
    ['env[1]: hides previous definition of "A", which may be dropped when using apply'],
  ],
  [
    {
      env: [
        { name: 'PATH', value: '/bin' },
        { name: 'PATH', value: '$(PATH):/x' },
      ],
    },
    [],
  ],
  [{ ports: [{ containerPort: 80 }, { containerPort: 80, name: 'b' }] }, ['ports[1]: duplicate port definition with <at>ports[0]']],
  [
    { resources: { requests: { memory: '128m' } } },
    ['resources.requests[memory]: fractional byte value "128m" is invalid, must be an integer'],
  ],
])('of %j people are told %j', (extra, expected) => {
  const warnings = (object: ReturnType<typeof stored>) =>
    kinds.findKind(object.kind === 'Pod' ? '' : 'apps', 'v1', object.kind)?.strategy?.warnings?.(object);
  const told = (at: string) => expected.map((text) => `${at}${text.replace('<at>', at)}`);
  expect(warnings(stored(changed(pod, 'spec.containers', container(extra))))).toEqual(told('spec.containers[0].'));
  expect(warnings(stored(changed(deployment, 'spec.template.spec.containers', container(extra))))).toEqual(
    told('spec.template.spec.containers[0].'),
  );
});
