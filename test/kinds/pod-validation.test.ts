import { describe, expect, it, test } from 'vitest';
import { changed, pod, stored, write, type Loose } from './write.ts';

const container = (extra: object) => ({ name: 'web', image: 'nginx:1.27', ...extra });
const withContainer = (extra: object): Loose => changed(pod, 'spec.containers', [container(extra)]);
const dnsLabelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

describe('a pod is refused', () => {
  test.each<[string, Loose, string[]]>([
    ['without a spec', changed(pod, 'spec', undefined), ['spec.containers: Required value']],
    ['without containers', changed(pod, 'spec.containers', []), ['spec.containers: Required value']],
    ['with a name that is none', withContainer({ name: 'Web_1' }), [`spec.containers[0].name: Invalid value: "Web_1": ${dnsLabelRule}`]],
    ['without an image', withContainer({ image: undefined }), ['spec.containers[0].image: Required value']],
    [
      'with two containers of one name',
      changed(pod, 'spec.initContainers', [container({})]),
      ['spec.initContainers[0].name: Duplicate value: "web"'],
    ],
    [
      'with a mount of no volume',
      withContainer({ volumeMounts: [{ name: 'data', mountPath: '/data' }] }),
      ['spec.containers[0].volumeMounts[0].name: Not found: "data"'],
    ],
    [
      'with more requested than allowed',
      withContainer({ resources: { limits: { cpu: '1' }, requests: { cpu: '1500m' } } }),
      ['spec.containers[0].resources.requests: Invalid value: "1500m": must be less than or equal to cpu limit of 1'],
    ],
    [
      'with less than nothing requested',
      withContainer({ resources: { requests: { memory: '-1Gi' } } }),
      ['spec.containers[0].resources.requests[memory]: Invalid value: "-1Gi": must be greater than or equal to 0'],
    ],
    [
      'with a resource that nobody knows',
      withContainer({ resources: { requests: { cpus: '1' } } }),
      [
        'spec.containers[0].resources.requests[cpus]: Invalid value: "cpus": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.requests[cpus]: Invalid value: "cpus": must be a standard resource for containers',
      ],
    ],
    [
      'with a probe that does nothing',
      withContainer({ livenessProbe: {} }),
      ['spec.containers[0].livenessProbe: Required value: must specify a handler type'],
    ],
    [
      'with a probe that does two things',
      withContainer({ readinessProbe: { exec: { command: ['true'] }, tcpSocket: { port: 80 } } }),
      ['spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type'],
    ],
    [
      'with a liveness probe that must succeed twice',
      withContainer({ livenessProbe: { tcpSocket: { port: 80 }, successThreshold: 2 } }),
      ['spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1'],
    ],
    [
      'with a probe at no port',
      withContainer({ readinessProbe: { tcpSocket: { port: 70000 } } }),
      ['spec.containers[0].readinessProbe.tcpSocket.port: Invalid value: 70000: must be between 1 and 65535, inclusive'],
    ],
    [
      'with a variable from nowhere',
      withContainer({ env: [{ name: 'A', valueFrom: {} }] }),
      [
        'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ],
    ],
    [
      'with a variable that has two values',
      withContainer({ env: [{ name: 'A', value: 'b', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }),
      ['spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
    ],
    [
      'with a variable name that holds =',
      withContainer({ env: [{ name: 'A=B', value: '' }] }),
      [
        'spec.containers[0].env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
      ],
    ],
    [
      'with a volume of two sources',
      changed(pod, 'spec.volumes', [{ name: 'v', emptyDir: {}, configMap: { name: 'c' } }]),
      ['spec.volumes[0].configMap: Forbidden: may not specify more than 1 volume type'],
    ],
    [
      'with a volume path that leads out',
      changed(pod, 'spec.volumes', [{ name: 'v', configMap: { name: 'c', items: [{ key: 'k', path: '../x' }] } }]),
      ['spec.volumes[0].configMap.items[0].path: Invalid value: "../x": must not contain \'..\''],
    ],
    [
      'with a probe of an init container',
      changed(pod, 'spec.initContainers', [container({ name: 'init', readinessProbe: { tcpSocket: { port: 80 } } })]),
      ['spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always'],
    ],
    [
      'with a toleration of nothing',
      changed(pod, 'spec.tolerations', [{ operator: 'Equal', value: 'x' }]),
      [
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
    [
      'with an affinity without terms',
      changed(pod, 'spec.affinity', { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } }),
      [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
      ],
    ],
    [
      'with a DNS policy that needs servers',
      changed(pod, 'spec.dnsPolicy', 'None'),
      ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    ],
    [
      'with ephemeral containers',
      changed(pod, 'spec.ephemeralContainers', [{ name: 'debug', image: 'x' }]),
      ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
    ],
    [
      'with a restart policy that nobody knows',
      changed(pod, 'spec.restartPolicy', 'Sometimes'),
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    ],
  ])('%s', (_why, manifest, errors) => {
    expect(write(manifest).errors).toEqual(errors);
  });

  it('for each thing that is wrong with it', () => {
    const { errors } = write(changed(pod, 'spec.containers', [{ name: '' }, { name: 'b' }]));
    expect(errors).toEqual([
      'spec.containers[0].name: Required value',
      'spec.containers[0].image: Required value',
      'spec.containers[1].image: Required value',
    ]);
  });
});

describe('a sidecar', () => {
  it('may have probes', () => {
    const sidecar = container({ name: 'proxy', restartPolicy: 'Always', readinessProbe: { tcpSocket: { port: 80 } } });
    expect(write(changed(pod, 'spec.initContainers', [sidecar])).errors).toEqual([]);
  });
});

describe('of a pod that exists', () => {
  const old = stored(changed(pod, 'spec.activeDeadlineSeconds', 60));
  test.each([
    ['the image', 'spec.containers.0.image', 'nginx:2'],
    ['the deadline, to an earlier one,', 'spec.activeDeadlineSeconds', 30],
    ['a toleration more', 'spec.tolerations', [{ operator: 'Exists' }]],
    ['its labels', 'metadata.labels', { a: 'b' }],
  ])('%s may change', (_what, path, value) => {
    expect(write(changed(old, path, value), old).errors).toEqual([]);
  });

  const mayNot =
    'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n';
  test.each([
    ['the node', 'spec.nodeName', 'n1', [`${mayNot}  nodeName: null -> "n1"`]],
    ['the restart policy', 'spec.restartPolicy', 'Never', [`${mayNot}  restartPolicy: "Always" -> "Never"`]],
    [
      'the deadline, to a later one,',
      'spec.activeDeadlineSeconds',
      90,
      ['spec.activeDeadlineSeconds: Invalid value: 90: must be less than or equal to previous value'],
    ],
    [
      'the number of containers',
      'spec.containers.1',
      { name: 'more', image: 'x:1' },
      ['spec.containers: Forbidden: pod updates may not add or remove containers'],
    ],
  ])('%s may not change', (_what, path, value, errors) => {
    expect(write(changed(old, path, value), old).errors).toEqual(errors);
  });

  it('the node comes with the mark that it is scheduled', () => {
    const bound = changed(changed(old, 'spec.nodeName', 'n1'), 'status.conditions', [{ type: 'PodScheduled', status: 'True' }]);
    expect(write(bound, old).errors).toEqual([]);
  });
});
