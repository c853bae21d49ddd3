import { expect, it, test } from 'vitest';
import { decodingFault } from '../../src/schema/decoding-fault.ts';
import { kinds } from '../kinds/write.ts';

const schemaOf = (group: string, kind: string) => (kinds.findKind(group, 'v1', kind) ?? expect.fail(kind)).schema;
const container = (more: object) => ({ spec: { containers: [{ name: 'web', ...more }] } });
const quantityRule = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

test.each<[string, object, string]>([
  [
    'a text for a number',
    container({ ports: [{ containerPort: '80' }] }),
    'json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
  ],
  [
    'a number for a text',
    container({ env: [{ name: 'A', value: 5 }] }),
    'json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string',
  ],
  [
    'a number with a fraction',
    container({ ports: [{ containerPort: 1.5 }] }),
    'json: cannot unmarshal number 1.5 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
  ],
  [
    'a number that is too large',
    { spec: { priority: 2 ** 31 } },
    'json: cannot unmarshal number 2147483648 into Go struct field PodSpec.spec.priority of type int32',
  ],
  [
    'a map for a list',
    { spec: { volumes: {} } },
    'json: cannot unmarshal object into Go struct field PodSpec.spec.volumes of type []v1.Volume',
  ],
  [
    'a truth for a label',
    { metadata: { labels: { a: true } } },
    'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string',
  ],
  ['an amount that is none', container({ resources: { limits: { cpu: '1 core' } } }), quantityRule],
  [
    'a port that is neither',
    container({ livenessProbe: { tcpSocket: { port: true } } }),
    'json: cannot unmarshal bool into Go value of type int32',
  ],
  [
    'a time that is none',
    { metadata: { deletionTimestamp: 'now' } },
    'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"',
  ],
])('%s is told as Go tells it', (_what, value, fault) => {
  expect(decodingFault(schemaOf('', 'Pod'), value)).toBe(fault);
});

it('data that is no base64 is told by its place, not by its text', () => {
  expect(decodingFault(schemaOf('', 'Secret'), { data: { a: 'pass-word' } })).toBe('illegal base64 data at input byte 4');
});

it('values of the right types, and those that are not there, have none', () => {
  const value = { ...container({ ports: null, resources: { limits: { cpu: 2, memory: '1Gi' } } }), status: {} };
  expect(decodingFault(schemaOf('', 'Pod'), value)).toBeUndefined();
});
