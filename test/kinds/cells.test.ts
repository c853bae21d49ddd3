import { describe, expect, it, test } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { cellsOf, changed, deployment, job, pod, service, type Loose } from './write.ts';

const now = Date.parse('2026-01-01T01:00:00Z');
const created = '2026-01-01T00:00:00Z';
const at = (object: object): KubeObject => changed(object, 'metadata.creationTimestamp', created) as KubeObject;
const podWith = (status: Loose, extra: Loose = {}): KubeObject => at({ ...pod, ...extra, status });
const container = (extra: Loose): Loose => ({ name: 'web', image: 'x', imageID: '', ready: false, restartCount: 0, ...extra });

describe('a pod is shown', () => {
  test.each<[string, KubeObject, Loose]>([
    ['waiting for a node', podWith({ phase: 'Pending' }), { Ready: '0/1', Status: 'Pending', Restarts: '0', IP: '<none>', Node: '<none>' }],
    [
      'running',
      podWith({ phase: 'Running', podIP: '10.0.0.1', containerStatuses: [container({ ready: true, state: { running: {} } })] }),
      { Ready: '1/1', Status: 'Running', Restarts: '0', IP: '10.0.0.1' },
    ],
    [
      'crashing',
      podWith({
        phase: 'Running',
        containerStatuses: [
          container({
            restartCount: 3,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:55:00Z' } },
          }),
        ],
      }),
      { Ready: '0/1', Status: 'CrashLoopBackOff', Restarts: '3 (5m ago)' },
    ],
    [
      'done',
      podWith({ phase: 'Succeeded', containerStatuses: [container({ state: { terminated: { exitCode: 0, reason: 'Completed' } } })] }),
      { Ready: '0/1', Status: 'Completed' },
    ],
    [
      'failed without a reason',
      podWith({ phase: 'Failed', containerStatuses: [container({ state: { terminated: { exitCode: 137, signal: 9 } } })] }),
      { Status: 'Signal:9' },
    ],
    ['evicted', podWith({ phase: 'Failed', reason: 'Evicted' }), { Status: 'Evicted' }],
    [
      'initialising',
      podWith(
        {
          phase: 'Pending',
          initContainerStatuses: [
            container({ name: 'a', state: { terminated: { exitCode: 0 } } }),
            container({ name: 'b', state: { running: {} } }),
          ],
        },
        {
          spec: {
            ...pod.spec,
            initContainers: [
              { name: 'a', image: 'x' },
              { name: 'b', image: 'x' },
            ],
          },
        },
      ),
      { Ready: '0/1', Status: 'Init:1/2' },
    ],
    [
      'failing to initialise',
      podWith({
        phase: 'Pending',
        initContainerStatuses: [container({ name: 'a', restartCount: 2, state: { waiting: { reason: 'ImagePullBackOff' } } })],
      }),
      { Status: 'Init:ImagePullBackOff', Restarts: '2' },
    ],
    [
      'with a sidecar',
      podWith(
        {
          phase: 'Running',
          conditions: [{ type: 'Initialized', status: 'True' }],
          initContainerStatuses: [container({ name: 's', started: true, ready: true, restartCount: 1, state: { running: {} } })],
          containerStatuses: [container({ ready: true, state: { running: {} } })],
        },
        { spec: { ...pod.spec, initContainers: [{ name: 's', image: 'x', restartPolicy: 'Always' }] } },
      ),
      { Ready: '2/2', Status: 'Running', Restarts: '1' },
    ],
    ['going', changed(podWith({ phase: 'Running' }), 'metadata.deletionTimestamp', created), { Status: 'Terminating' }],
    [
      'held back',
      podWith({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] }),
      { Status: 'SchedulingGated' },
    ],
  ])('%s', (_what, object, cells) => {
    expect(cellsOf(object, now)).toMatchObject({ Name: 'web', Age: '60m', ...cells });
  });
});

describe('is shown as kubectl shows it:', () => {
  const replicas = { replicas: 3, readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 };
  it('a Deployment', () => {
    expect(cellsOf(at({ ...changed(deployment, 'spec.replicas', 3), status: replicas }), now)).toEqual({
      Name: 'web',
      Ready: '2/3',
      'Up-to-date': 3,
      Available: 2,
      Age: '60m',
      Containers: 'web',
      Images: 'nginx:1.27',
      Selector: 'app=web',
    });
  });
  it('a ReplicaSet', () => {
    const selector = { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'api'] }] };
    const object = at({ ...changed(deployment, 'spec.selector', selector), kind: 'ReplicaSet', status: replicas });
    expect(cellsOf(object, now)).toMatchObject({ Desired: 0, Current: 3, Ready: 2, Selector: 'app in (api,web)' });
  });
  test.each<[Loose, Loose, Loose]>([
    [{ completions: 3 }, { startTime: created, succeeded: 1 }, { Status: 'Running', Completions: '1/3', Duration: '60m' }],
    [
      { completions: 1 },
      { startTime: created, completionTime: '2026-01-01T00:00:42Z', succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] },
      { Status: 'Complete', Completions: '1/1', Duration: '42s' },
    ],
    [{ parallelism: 4 }, {}, { Status: 'Running', Completions: '0/1 of 4', Duration: '' }],
    [{ suspend: true, completions: 1 }, {}, { Status: 'Suspended' }],
    [{ completions: 1 }, { conditions: [{ type: 'Failed', status: 'True' }] }, { Status: 'Failed' }],
  ])('a Job with %j and %j', (spec, status, cells) => {
    expect(cellsOf(at({ ...job, spec: { ...job.spec, ...spec }, status }), now)).toMatchObject(cells);
  });
  test.each<[Loose, Loose]>([
    [
      { clusterIP: '10.96.0.1' },
      { Type: 'ClusterIP', 'Cluster-IP': '10.96.0.1', 'External-IP': '<none>', 'Port(s)': '80/TCP', Selector: 'app=web' },
    ],
    [{ clusterIP: 'None' }, { 'Cluster-IP': 'None' }],
    [
      { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }] },
      { 'External-IP': '<pending>', 'Port(s)': '80:30080/TCP' },
    ],
    [
      { type: 'ExternalName', externalName: 'example.com' },
      { 'Cluster-IP': '<none>', 'External-IP': 'example.com' },
    ],
    [
      { externalIPs: ['1.2.3.4', '1.2.3.5'], selector: undefined },
      { 'External-IP': '1.2.3.4,1.2.3.5', Selector: '<none>' },
    ],
  ])('a Service with %j', (spec, cells) => {
    expect(cellsOf(at({ ...service, spec: { type: 'ClusterIP', ...service.spec, ...spec } }), now)).toMatchObject(cells);
  });
  it('a Node', () => {
    const node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1', labels: { 'node-role.kubernetes.io/worker': '', 'kubernetes.io/role': 'edge' } },
      spec: { unschedulable: true },
      status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { kubeletVersion: 'v1.35.0' } },
    };
    expect(cellsOf(at(node), now)).toMatchObject({
      Status: 'Ready,SchedulingDisabled',
      Roles: 'edge,worker',
      Version: 'v1.35.0',
      'Internal-IP': '<none>',
      'OS-Image': '<unknown>',
    });
  });
  it('an Event', () => {
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'web.1', namespace: 'shop' },
      involvedObject: { kind: 'Pod', name: 'web', fieldPath: 'spec.containers{web}' },
      reason: 'BackOff',
      type: 'Warning',
      message: 'Back-off restarting\n',
      source: { component: 'kubelet', host: 'n1' },
      count: 3,
      firstTimestamp: created,
      lastTimestamp: '2026-01-01T00:59:00Z',
    };
    expect(cellsOf(event, now)).toEqual({
      'Last Seen': '60s',
      Type: 'Warning',
      Reason: 'BackOff',
      Object: 'pod/web',
      Subobject: 'spec.containers{web}',
      Source: 'kubelet, n1',
      Message: 'Back-off restarting',
      'First Seen': '60m',
      Count: 3,
      Name: 'web.1',
    });
  });
  it('an EndpointSlice with many addresses', () => {
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 's', namespace: 'shop' },
      addressType: 'IPv4',
      endpoints: addresses.map((address) => ({ addresses: [address] })),
      ports: [{ port: 80 }],
    };
    expect(cellsOf(at(slice), now)).toMatchObject({ Endpoints: '10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...', Ports: '80' });
    expect(cellsOf(at({ ...slice, endpoints: [], ports: [] }), now)).toMatchObject({ Endpoints: '<unset>', Ports: '<unset>' });
  });
  it('an autoscaler', () => {
    const hpa = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        maxReplicas: 3,
        scaleTargetRef: { kind: 'Deployment', name: 'web' },
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
      },
    };
    const current = { resource: { name: 'cpu', current: { averageUtilization: 12 } }, type: 'Resource' };
    expect(cellsOf(at(hpa), now)).toMatchObject({
      Reference: 'Deployment/web',
      Targets: 'cpu: <unknown>/80%',
      MinPods: '<unset>',
      MaxPods: 3,
    });
    expect(cellsOf(at({ ...hpa, status: { currentMetrics: [current], currentReplicas: 2 } }), now)).toMatchObject({
      Targets: 'cpu: 12%/80%',
      Replicas: 2,
    });
  });
});
