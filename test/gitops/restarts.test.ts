import { expect, describe, test, it } from 'vitest';
import { restartCauses } from '../../src/gitops/restarts.ts';
import { objectsOf } from '../support/cautions.ts';
import type { KubeObject } from '../../src/api/object.ts';

const workload = (pod: string, options: { kind?: string; spec?: string; annotations?: string } = {}): KubeObject =>
  objectsOf(`
apiVersion: apps/v1
kind: ${options.kind ?? 'Deployment'}
metadata: { name: web, namespace: shop }
spec: { ${options.spec ?? 'replicas: 1'}, template: { metadata: { annotations: { ${options.annotations ?? ''} } }, spec: { ${pod} } } }`)[0] as KubeObject;
const container = (rest: string) => `containers: [{ name: web, ${rest} }]`;
const reading = (name: string) => container(`envFrom: [{ configMapRef: { name: ${name} } }]`);

describe('restartCauses', () => {
  test.each<[string, KubeObject, KubeObject, string[]]>([
    ['nothing', workload(container("image: 'a:1'")), workload(container("image: 'a:1'")), []],
    [
      'a field',
      workload(container("image: 'a:1'")),
      workload(container("image: 'a:2'")),
      ['field spec.template.spec.containers[web].image'],
    ],
    [
      'the number of pods',
      workload(container('tty: true'), { spec: 'replicas: 1' }),
      workload(container('tty: true'), { spec: 'replicas: 2' }),
      [],
    ],
    [
      'a generated name',
      workload(reading('settings-26m8dm546f')),
      workload(reading('settings-h5tc2btm2k')),
      ['ConfigMap settings-h5tc2btm2k'],
    ],
    ['another source', workload(reading('settings')), workload(reading('other')), ['field spec.template.spec.containers[web].envFrom']],
    [
      'an annotation with a sum',
      workload(container('tty: true'), { annotations: 'checksum/config: a' }),
      workload(container('tty: true'), { annotations: 'checksum/config: b' }),
      ["field spec.template.metadata.annotations['checksum/config']"],
    ],
    [
      'a StatefulSet that waits to be told',
      workload(container('tty: true'), { kind: 'StatefulSet', spec: 'updateStrategy: { type: OnDelete }' }),
      workload(container('tty: false'), { kind: 'StatefulSet', spec: 'updateStrategy: { type: OnDelete }' }),
      [],
    ],
    ['a Job', workload(container('tty: true'), { kind: 'Job' }), workload(container('tty: false'), { kind: 'Job' }), []],
  ])('%s', (_name, before, after, expected) => {
    expect(restartCauses(before, after).map(({ what, name }) => `${what} ${name}`)).toEqual(expected);
  });

  it('tells the field and the source where both change', () => {
    const before = workload(`${reading('settings-26m8dm546f').slice(0, -2)}, image: 'a:1' }]`);
    const after = workload(`${reading('settings-h5tc2btm2k').slice(0, -2)}, image: 'a:2' }]`);
    expect(restartCauses(before, after)).toEqual([
      { what: 'field', name: 'spec.template.spec.containers[web].image' },
      { what: 'ConfigMap', name: 'settings-h5tc2btm2k' },
    ]);
  });
});
