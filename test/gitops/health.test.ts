import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import type { KubeObject } from '../../src/api/object.ts';
import { healthOf, worstHealth } from '../../src/gitops/health/index.ts';
import { corpus, corpusPath } from '../support/corpus.ts';

type Rest = Record<string, unknown>;
function object(apiVersion: string, kind: string, rest: Rest = {}, metadata: Rest = {}): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x', namespace: 'a', ...metadata }, ...rest } as KubeObject;
}
const condition = (type: string, status: string, reason = '', message = '') => ({ type, status, reason, message });
const rolledOut = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
const good = [condition('Progressing', 'True', 'NewReplicaSetAvailable'), condition('Available', 'True')];
const deployment = (status: Rest, spec: Rest = {}, metadata: Rest = {}) =>
  object(
    'apps/v1',
    'Deployment',
    { spec: { replicas: 2, progressDeadlineSeconds: 600, ...spec }, status: { conditions: good, ...status } },
    metadata,
  );
const onDelete = { updateStrategy: { type: 'OnDelete' } };
const stateful = (status: Rest, spec: Rest = {}) => {
  const complete = { replicas: 3, readyReplicas: 3, currentReplicas: 3, updatedReplicas: 3, currentRevision: 'a', updateRevision: 'a' };
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 0 } };
  return object('apps/v1', 'StatefulSet', { spec: { replicas: 3, updateStrategy, ...spec }, status: { ...complete, ...status } });
};
const partitioned = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } };
const underWay = { currentRevision: 'a', updateRevision: 'b', currentReplicas: 2 };
const daemon = (status: Rest, spec: Rest = {}) => {
  const complete = { desiredNumberScheduled: 3, currentNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3, numberReady: 3 };
  return object('apps/v1', 'DaemonSet', { spec, status: { observedGeneration: 1, ...complete, ...status } });
};
const pod = (status: Rest, name = 'p') => object('v1', 'Pod', { status }, { name });
const job = (status: Rest, spec: Rest = {}) => object('batch/v1', 'Job', { spec: { completions: 3, ...spec }, status });

const crashing = pod({
  phase: 'Running',
  conditions: [condition('Ready', 'False', 'ContainersNotReady')],
  containerStatuses: [
    {
      name: 'web',
      ready: false,
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container' } },
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
    },
  ],
});
const unschedulable = pod({
  phase: 'Pending',
  conditions: [
    {
      ...condition('PodScheduled', 'False', 'Unschedulable', '0/1 nodes are available: 1 Insufficient cpu.'),
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ],
});

test.each<[string, KubeObject, string, string]>([
  ['a Deployment that is rolled out', deployment(rolledOut), 'Healthy', '2 of 2 pods ready'],
  ['a StatefulSet that is rolled out', stateful({}), 'Healthy', '3 of 3 pods ready'],
  ['a StatefulSet with a pod that is not ready', stateful({ readyReplicas: 2 }), 'Progressing', '2 of 3 pods ready'],
  ['a StatefulSet half updated', stateful({ ...underWay, updatedReplicas: 1 }), 'Progressing', '1 of 3 pods updated'],
  [
    'a StatefulSet to its partition',
    stateful({ ...underWay, updatedReplicas: 1 }, partitioned),
    'Healthy',
    '1 pods above the partition updated',
  ],
  [
    'a StatefulSet on the way there',
    stateful({ updatedReplicas: 0 }, partitioned),
    'Progressing',
    '0 of 1 pods above the partition updated',
  ],
  [
    'a StatefulSet with OnDelete',
    stateful({ ...underWay, updatedReplicas: 1 }, onDelete),
    'Healthy',
    '3 of 3 pods ready; 2 to be updated when somebody deletes them (OnDelete)',
  ],
  ['a StatefulSet with OnDelete whose pods are not there', stateful({ replicas: 1 }, onDelete), 'Progressing', '1 of 3 pods created'],
  ['a DaemonSet that is rolled out', daemon({}), 'Healthy', '3 of 3 pods ready'],
  ['a DaemonSet half updated', daemon({ updatedNumberScheduled: 1 }), 'Progressing', '1 of 3 pods updated'],
  ['a DaemonSet with unavailable pods', daemon({ numberAvailable: 2 }), 'Progressing', '2 of 3 pods available'],
  [
    'a DaemonSet with OnDelete',
    daemon({ updatedNumberScheduled: 1 }, onDelete),
    'Healthy',
    '3 of 3 pods ready; 2 to be updated when somebody deletes them (OnDelete)',
  ],
  ['a DaemonSet with OnDelete whose pods are not ready', daemon({ numberAvailable: 0 }, onDelete), 'Progressing', '0 of 3 pods available'],
  [
    'a ReplicationController without room',
    object('v1', 'ReplicationController', {
      spec: { replicas: 2 },
      status: { replicas: 1, conditions: [condition('ReplicaFailure', 'True', 'FailedCreate', 'exceeded quota')] },
    }),
    'Degraded',
    'FailedCreate: exceeded quota',
  ],
  ['a paused Deployment', deployment({}, { paused: true }), 'Suspended', 'paused'],
  ['a Deployment without pods', deployment({}), 'Progressing', '0 of 2 pods created'],
  ['a Deployment half updated', deployment({ ...rolledOut, replicas: 3, updatedReplicas: 1 }), 'Progressing', '1 of 2 pods updated'],
  ['a Deployment with old pods', deployment({ ...rolledOut, replicas: 3 }), 'Progressing', '1 old pods to end'],
  ['a Deployment with unready pods', deployment({ ...rolledOut, availableReplicas: 1 }), 'Progressing', '1 of 2 pods available'],
  [
    'a Deployment past its deadline',
    deployment({ ...rolledOut, conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded', 'timed out')] }),
    'Degraded',
    'ProgressDeadlineExceeded: timed out',
  ],
  [
    'a Deployment whose pods are refused',
    deployment({ conditions: [condition('ReplicaFailure', 'True', 'FailedCreate', 'exceeded quota')] }),
    'Progressing',
    '0 of 2 pods created; FailedCreate: exceeded quota',
  ],
  [
    'an unobserved generation',
    deployment({ ...rolledOut, observedGeneration: 1 }, {}, { generation: 2 }),
    'Progressing',
    'generation 2 not seen by its controller yet, which is at 1',
  ],
  [
    'anything that is being deleted',
    object('v1', 'ConfigMap', {}, { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/b'] }),
    'Progressing',
    'is being deleted; waits for finalizers a/b',
  ],
  ['a Job that runs', job({ active: 2, succeeded: 1, failed: 1 }), 'Progressing', '1 of 3 completions, 2 active, 1 failed'],
  ['a Job that is complete', job({ conditions: [condition('Complete', 'True')] }), 'Healthy', 'complete'],
  ['a suspended Job', job({}, { suspend: true }), 'Suspended', 'suspended'],
  [
    'a Job that failed',
    job({ conditions: [condition('Failed', 'True', 'BackoffLimitExceeded', 'no more')] }),
    'Degraded',
    'BackoffLimitExceeded: no more',
  ],
  ['a ready Pod', pod({ phase: 'Running', conditions: [condition('Ready', 'True')] }), 'Healthy', 'ready'],
  [
    'a crashing Pod',
    crashing,
    'Degraded',
    'container web: CrashLoopBackOff: back-off 10s restarting failed container; it ended with exit code 137 (OOMKilled)',
  ],
  ['a Pod that fits nowhere yet', unschedulable, 'Progressing', 'Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.'],
  ['a ClusterIP Service', object('v1', 'Service', { spec: { type: 'ClusterIP' } }), 'Healthy', 'present'],
  [
    'a LoadBalancer where nothing gives addresses',
    object('v1', 'Service', { spec: { type: 'LoadBalancer', clusterIP: '10.0.0.1' } }),
    'Healthy',
    'nothing here gives load balancer addresses',
  ],
  ['an Ingress without address', object('networking.k8s.io/v1', 'Ingress'), 'Healthy', 'present'],
  ['a bound claim', object('v1', 'PersistentVolumeClaim', { status: { phase: 'Bound' } }), 'Healthy', 'bound'],
  ['a lost claim', object('v1', 'PersistentVolumeClaim', { status: { phase: 'Lost' } }), 'Degraded', 'lost: its volume is gone'],
  [
    'a custom object that is not ready',
    object('demo.example/v1', 'Shelf', { status: { conditions: [condition('Ready', 'False', 'NoWood', 'out of wood')] } }),
    'Progressing',
    'NoWood: out of wood',
  ],
  [
    'a custom object that is stalled',
    object('demo.example/v1', 'Shelf', { status: { conditions: [condition('Stalled', 'True', 'NoWood')] } }),
    'Degraded',
    'NoWood',
  ],
  [
    'a kind whose names are taken',
    object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
      status: { conditions: [condition('NamesAccepted', 'False', 'Taken', 'in use')] },
    }),
    'Degraded',
    'Taken: in use',
  ],
  ['a ConfigMap', object('v1', 'ConfigMap'), 'Healthy', 'present'],
])('%s is %s', (_name, subject, status, message) => {
  const { status: found, message: text } = healthOf(subject);
  expect({ status: found, message: text }).toEqual({ status, message });
});

describe('healthOf with what is around the object', () => {
  it('names the worst pod of a workload in its own words', () => {
    const pods = [
      unschedulable,
      { ...crashing, metadata: { name: 'web-2', namespace: 'a' } },
      pod({ conditions: [condition('Ready', 'True')] }),
    ];
    expect(healthOf(deployment({ ...rolledOut, updatedReplicas: 1 }), { pods }).message).toBe(
      '1 of 2 pods updated (pod a/web-2: container web: CrashLoopBackOff: back-off 10s restarting failed container; it ended with exit code 137 (OOMKilled), and 1 more pod in trouble)',
    );
  });
  it('calls a pod stuck that fits nowhere for more than 15 s', () => {
    expect(healthOf(unschedulable, { nowMs: Date.parse('2026-01-01T00:00:16Z') }).status).toBe('Degraded');
  });
  it('waits for addresses where something gives them', () => {
    const service = object('v1', 'Service', { spec: { type: 'LoadBalancer', clusterIP: '10.0.0.1' } });
    expect(healthOf(service, { provides: { loadBalancer: true } }).status).toBe('Progressing');
    expect(healthOf(object('networking.k8s.io/v1', 'Ingress'), { provides: { ingress: true } }).status).toBe('Progressing');
  });
  it('calls a claim well that waits for its first pod, until the pod has a node', () => {
    const claim = object('v1', 'PersistentVolumeClaim', { status: { phase: 'Pending' } });
    const chosen = { ...claim, metadata: { ...claim.metadata, annotations: { 'volume.kubernetes.io/selected-node': 'a' } } };
    expect(healthOf(claim).status).toBe('Progressing');
    expect(healthOf(claim, { waitsForPod: true })).toEqual({ status: 'Healthy', message: 'waits for its first pod' });
    expect(healthOf(chosen, { waitsForPod: true }).status).toBe('Progressing');
  });
  it('says when waiting cannot help', () => {
    expect(healthOf(job({ conditions: [condition('Failed', 'True')] })).forGood).toBe(true);
    expect(healthOf(job({})).forGood).toBeUndefined();
  });
  it('takes the worst of several', () => {
    expect(worstHealth(['Healthy', 'Progressing', 'Suspended'])).toBe('Progressing');
    expect(worstHealth([])).toBe('Healthy');
  });
});

/** Where we follow kstatus or our own paper, and gitops-engine does not. */
const annotated = 'autoscaling/v1 keeps its conditions in an annotation, which nobody serves any more';
const kstatus = "kstatus' rule for pods";
const differences: Readonly<Record<string, { ours: string; why: string }>> = {
  'hpa-v1-progressing.yaml': { ours: 'Healthy', why: annotated },
  'hpa-v1-progressing-with-no-annotations.yaml': { ours: 'Healthy', why: annotated },
  'hpa-v1-degraded.yaml': { ours: 'Healthy', why: annotated },
  'hpa-v1-degraded-failedgetobjectmetric.yaml': { ours: 'Healthy', why: annotated },
  'hpa-v2-progressing.yaml': { ours: 'Healthy', why: 'nothing is wrong with it, and without a controller it would never move' },
  'pod-error.yaml': { ours: 'Progressing', why: `${kstatus}: it is about to be started again` },
  'pod-running-restart-never.yaml': { ours: 'Healthy', why: `${kstatus}: ready is ready, whatever the restart policy` },
  'pod-running-restart-never-hook-with-ignore-annotation.yaml': { ours: 'Healthy', why: `${kstatus}: ready is ready` },
  'pod-running-restart-onfailure.yaml': { ours: 'Degraded', why: `${kstatus}: a crash loop is a failure, whatever the restart policy` },
};
/** Files that are no whole objects. */
const noObjects = ['application-healthy.yaml', 'application-degraded.yaml'];

describe.skipIf(corpus === undefined)('beside gitops-engine', () => {
  interface Case {
    file: string;
    health: string | null;
    apiVersion: string;
    kind: string;
  }
  const folder = corpus === undefined ? '' : corpusPath('suites/gitops-engine-health');
  const { cases } =
    corpus === undefined ? { cases: [] } : (JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8')) as { cases: Case[] });
  test.each(cases.filter((one) => !noObjects.includes(one.file)).map((one) => [one.file, one] as const))('%s', (file, one) => {
    const subject = parse(readFileSync(`${folder}/testdata/${file}`, 'utf8'), { uniqueKeys: false }) as KubeObject;
    const expected = differences[file]?.ours ?? one.health ?? 'Healthy';
    expect({
      kind: one.kind,
      ...healthOf(subject, { provides: { loadBalancer: true, ingress: true }, nowMs: Date.parse('2026-01-01T00:00:00Z') }),
    }).toMatchObject({ status: expected });
  });
});
