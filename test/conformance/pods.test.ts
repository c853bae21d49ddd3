import { describe, expect, it } from 'vitest';
import { timestamp } from '../../src/base/clock.ts';
import { conformance, fieldsOf, refused, withMetadata, type Fields, type Live, type Resource } from './client.ts';
import { expectOperations } from './operations.ts';
import { conditionOf, pod } from './workloads.ts';

const plane = conformance({ nodes: 2 });
const pods = async (): Promise<Resource> => plane.admin.resource('v1', 'pods', await plane.namespace());
const nodes = (): Resource => plane.admin.resource('v1', 'nodes');
const phaseOf = (object: Live) => fieldsOf(object, 'status')['phase'];
async function started(of: Resource, object: Live): Promise<Live> {
  await of.create(object);
  const { name } = object.metadata;
  await plane.until(async () => phaseOf(await of.get(name)) === 'Running');
  return of.get(name);
}
const specOf = (object: Live) => object.spec as { nodeName: string; containers: Fields[]; tolerations?: Fields[] };
async function gone(of: Resource, name: string): Promise<void> {
  await plane.until(async () => !(await of.names()).includes(name));
}

describe('common/node/pods.go', () => {
  it('[sig-node] Pods should get a host IP', async () => {
    const { status } = await started(await pods(), pod('pod-hostip'));
    const { hostIP, hostIPs } = status as { hostIP: string; hostIPs: { ip: string }[] };
    expect(hostIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(hostIPs[0]?.ip).toBe(hostIP);
  });

  it('[sig-node] Pods should be submitted and removed', async () => {
    const of = await pods();
    const { items, metadata } = await of.list({ labelSelector: 'time=1' });
    expect(items).toEqual([]);
    const watching = await of.watch(metadata.resourceVersion, { labelSelector: 'time=1' });
    await started(of, pod('submit-remove', { labels: { time: '1' }, spec: { terminationGracePeriodSeconds: 30 }, script: { stop: '2s' } }));
    expect(await of.names('time=1')).toEqual(['submit-remove']);
    expect(watching.events[0]).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'submit-remove' } } });
    await of.delete('submit-remove', { gracePeriodSeconds: 30 });
    expect((await of.get('submit-remove')).metadata).toMatchObject({
      deletionGracePeriodSeconds: 30,
      deletionTimestamp: expect.any(String) as string,
    });
    await plane.until(() => watching.events.at(-1)?.type === 'DELETED');
    expect(watching.events.at(-1)?.object.metadata.deletionTimestamp).toBeDefined();
    await watching.stop();
    expect(await of.names('time=1')).toEqual([]);
  });

  it('[sig-node] Pods should be updated', async () => {
    const of = await pods();
    await started(of, pod('pod-update', { labels: { time: '2' } }));
    expect(await of.names('time=2')).toEqual(['pod-update']);
    await of.update(withMetadata(await of.get('pod-update'), { labels: { time: 'updated' } }));
    expect(await of.names('time=updated')).toEqual(['pod-update']);
    expect(await of.names('time=2')).toEqual([]);
  });

  it('[sig-node] Pods should allow activeDeadlineSeconds to be updated', async () => {
    const of = await pods();
    const live = await started(of, pod('deadline', { labels: { time: '3' } }));
    await of.update({ ...live, spec: { ...fieldsOf(live, 'spec'), activeDeadlineSeconds: 5 } });
    await plane.until(async () => phaseOf(await of.get('deadline')) === 'Failed', 60_000);
    expect((await of.get('deadline')).status).toMatchObject({ reason: 'DeadlineExceeded' });
  });

  it('[sig-node] Pods should delete a collection of pods', async () => {
    const of = await pods();
    for (const name of ['test-pod-1', 'test-pod-2', 'test-pod-3']) await of.create(pod(name, { labels: { type: 'Testing' } }));
    await of.create(pod('other'));
    expect(await of.names('type=Testing')).toEqual(['test-pod-1', 'test-pod-2', 'test-pod-3']);
    await of.deleteCollection('type=Testing');
    await plane.until(async () => (await of.names()).length === 1);
    expect(await of.names()).toEqual(['other']);
  });

  it('[sig-node] Pods should patch a pod status', async () => {
    const of = await pods();
    const { metadata } = await started(of, pod('patched'));
    const patch = { metadata: { annotations: { 'e2e-patched-status': 'yes' } }, status: { message: 'Patched by e2e test', reason: 'E2E' } };
    expect(await of.patch('patched', patch, { subresource: 'status' })).toMatchObject(patch);
    expect(await of.get('patched', 'status')).toMatchObject({ metadata: { uid: metadata.uid, annotations: patch.metadata.annotations } });
  });

  it('[sig-node] Pods should run through the lifecycle of Pods and PodStatus', async () => {
    const of = await pods();
    const labelSelector = 'test-pod-static=true';
    const watching = await of.watch((await of.list()).metadata.resourceVersion, { labelSelector });
    await started(of, pod('pod-test', { labels: { 'test-pod-static': 'true' } }));
    const change = { metadata: { labels: { 'test-pod': 'patched' } }, spec: { containers: [{ name: 'main', image: 'agnhost:1' }] } };
    const patched = await of.patch('pod-test', change, { type: 'strategic' });
    expect(patched).toMatchObject({
      metadata: { labels: { 'test-pod': 'patched', 'test-pod-static': 'true' } },
      spec: { containers: [{ image: 'agnhost:1' }] },
    });
    expect(await plane.admin.resource('v1', 'pods').names(labelSelector)).toEqual(['pod-test']);
    await plane.until(async () => conditionOf(await of.get('pod-test'), 'Ready')?.['status'] === 'True');
    const live = await of.get('pod-test', 'status');
    const conditions = (fieldsOf(live, 'status')['conditions'] as Fields[]).map((each) =>
      each['type'] === 'Ready' ? { ...each, status: 'False' } : each,
    );
    const replaced = await of.update({ ...live, status: { ...fieldsOf(live, 'status'), conditions } }, 'status');
    expect(conditionOf(replaced, 'Ready')).toMatchObject({ status: 'False' });
    await of.deleteCollection(labelSelector);
    await plane.until(() => watching.events.at(-1)?.type === 'DELETED');
    await watching.stop();
    expect(await of.names(labelSelector)).toEqual([]);
  });
});

describe('node/pods.go', () => {
  it('[sig-node] Pods Extended Pods Set QOS Class should be set on Pods with matching resource requests and limits for memory and cpu', async () => {
    const of = await pods();
    const resources = { requests: { cpu: '100m', memory: '100Mi' }, limits: { cpu: '100m', memory: '100Mi' } };
    const created = await of.create(pod('qos', { spec: { containers: [{ name: 'main', image: 'pause:1', resources }] } }));
    expect(created.status).toMatchObject({ qosClass: 'Guaranteed' });
    expect((await of.get('qos')).status).toMatchObject({ qosClass: 'Guaranteed' });
  });

  const generationOf = async (of: Resource, name: string) => (await of.get(name)).metadata.generation;
  const observed = (of: Resource, name: string, generation: number) =>
    plane.until(async () => fieldsOf(await of.get(name), 'status')['observedGeneration'] === generation);

  it('[sig-node] Pods Extended (pod generation) Pod Generation pod generation should start at 1 and increment per update [MinimumKubeletVersion:1.34]', async () => {
    const of = await pods();
    const live = await started(of, pod('generation', { spec: { activeDeadlineSeconds: 5000 } }));
    expect(live.metadata.generation).toBe(1);
    await observed(of, 'generation', 1);
    await of.patch('generation', { metadata: { labels: { some: 'label' }, annotations: { some: 'note' } } });
    expect(await generationOf(of, 'generation')).toBe(1);
    const tolerations = [...(specOf(live).tolerations ?? []), { key: 'foo-x', operator: 'Exists', effect: 'NoSchedule' }];
    const changes = [
      { tolerations },
      { activeDeadlineSeconds: 4000 },
      { containers: [{ ...specOf(live).containers[0], image: 'agnhost:2' }] },
    ];
    for (const [at, spec] of changes.entries()) {
      await of.patch('generation', { spec });
      expect(await generationOf(of, 'generation')).toBe(at + 2);
      await observed(of, 'generation', at + 2);
    }
  });

  it('[sig-node] Pods Extended (pod generation) Pod Generation custom-set generation on new pods and graceful delete', async () => {
    const of = await pods();
    const made = pod('custom', { spec: { terminationGracePeriodSeconds: 30 }, script: { stop: '20s' } });
    await started(of, { ...made, metadata: { ...made.metadata, generation: 100 } });
    expect(await generationOf(of, 'custom')).toBe(1);
    await of.delete('custom', { gracePeriodSeconds: 25 });
    expect((await of.get('custom')).metadata).toMatchObject({ generation: 2, deletionGracePeriodSeconds: 25 });
    await gone(of, 'custom');
  });

  it('[sig-node] Pods Extended (pod generation) Pod Generation issue 500 podspec updates and verify generation and observedGeneration eventually converge [MinimumKubeletVersion:1.34]', async () => {
    const of = await pods();
    await started(of, pod('many-updates', { spec: { activeDeadlineSeconds: 5000 } }));
    for (let at = 1; at < 500; at += 1) await of.patch('many-updates', { spec: { activeDeadlineSeconds: 5000 - at } });
    expect(await generationOf(of, 'many-updates')).toBe(500);
    await observed(of, 'many-updates', 500);
  });
});

describe('common/node/sysctl.go', () => {
  it('[sig-node] Sysctls [LinuxOnly] should reject invalid sysctls', async () => {
    const sysctls = ['foo-', 'kernel.shmmax', 'safe-and-unsafe', 'bar..'].map((name) => ({ name, value: 'bar' }));
    const status = await refused((await pods()).create(pod('sysctl', { spec: { securityContext: { sysctls } } })));
    expect(status).toMatchObject({ code: 422, reason: 'Invalid' });
    const fields = status.details?.causes?.map(({ field }) => field);
    expect(fields).toEqual(expect.arrayContaining(['spec.securityContext.sysctls[0].name', 'spec.securityContext.sysctls[3].name']));
    expect(status.message).toContain('Invalid value: "foo-"');
    expect(status.message).toContain('Invalid value: "bar.."');
    expect(status.message).not.toContain('safe-and-unsafe');
    expect(status.message).not.toContain('kernel.shmmax');
  });
});

describe('common/node/runtimeclass.go', () => {
  const classes = (): Resource => plane.admin.resource('node.k8s.io/v1', 'runtimeclasses');
  const runtimeClass = (name: string, more: Fields = {}) => ({
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name },
    handler: 'runc',
    ...more,
  });

  it('[sig-node] RuntimeClass should reject a Pod requesting a non-existent RuntimeClass', async () => {
    const status = await refused((await pods()).create(pod('rejected', { spec: { runtimeClassName: 'nonexistent' } })));
    expect(status).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: 'pods "rejected" is forbidden: pod rejected: RuntimeClass "nonexistent" not found',
    });
  });

  it('[sig-node] RuntimeClass should reject a Pod requesting a deleted RuntimeClass', async () => {
    const of = await pods();
    await classes().create(runtimeClass('deleted'));
    await of.create(pod('before', { spec: { runtimeClassName: 'deleted' } }));
    await classes().delete('deleted');
    expect(await refused(of.create(pod('after', { spec: { runtimeClassName: 'deleted' } })))).toMatchObject({
      code: 403,
      reason: 'Forbidden',
    });
  });

  it('[sig-node] RuntimeClass should schedule a Pod requesting a RuntimeClass without PodOverhead', async () => {
    const of = await pods();
    await classes().create(runtimeClass('plain'));
    const live = await started(of, pod('plain', { spec: { runtimeClassName: 'plain' } }));
    expect(conditionOf(live, 'PodScheduled')).toMatchObject({ status: 'True' });
    expect(live.spec).not.toHaveProperty('overhead');
  });

  it('[sig-node] RuntimeClass should schedule a Pod requesting a RuntimeClass and initialize its Overhead', async () => {
    const of = await pods();
    const podFixed = { cpu: '10m', memory: '1Mi' };
    await classes().create(runtimeClass('heavy', { overhead: { podFixed } }));
    const live = await started(of, pod('heavy', { spec: { runtimeClassName: 'heavy' } }));
    expect(live).toMatchObject({ spec: { runtimeClassName: 'heavy', overhead: podFixed } });
    expect(conditionOf(live, 'PodScheduled')).toMatchObject({ status: 'True' });
  });

  it('[sig-node] RuntimeClass should support RuntimeClasses API operations', async () => {
    const served = { groupVersion: 'node.k8s.io/v1', plural: 'runtimeclasses', kind: 'RuntimeClass', namespaced: false };
    await expectOperations(plane, served, (name) => runtimeClass(`${name}`));
  });
});

describe('node/node_lifecycle.go', () => {
  it('[sig-node] Node Lifecycle should run through the lifecycle of a node', async () => {
    const name = 'e2e-fake-node';
    const { metadata } = await nodes().create({ apiVersion: 'v1', kind: 'Node', metadata: { name }, status: { phase: 'Running' } });
    expect(await nodes().get(name)).toMatchObject({ metadata: { name, uid: metadata.uid } });
    expect((await nodes().patch(name, { metadata: { labels: { [name]: 'patched' } } })).metadata.labels).toMatchObject({
      [name]: 'patched',
    });
    expect(await nodes().names(`${name}=patched`)).toEqual([name]);
    const updated = await nodes().update(withMetadata(await nodes().get(name), { labels: { [name]: 'updated' } }));
    expect(updated.metadata.labels).toMatchObject({ [name]: 'updated' });
    await nodes().delete(name);
    await gone(nodes(), name);
  });
});

describe('node/taints.go', () => {
  const taint = { key: 'kubernetes.io/e2e-evict-taint-key', value: 'evictTaintVal', effect: 'NoExecute' };
  const tolerating = (name: string, tolerationSeconds: number, node: string) =>
    pod(name, { spec: { nodeName: node, tolerations: [{ ...taint, operator: 'Equal', tolerationSeconds }] } });
  const setTaints = async (node: string, taints: readonly Fields[]) => nodes().patch(node, { spec: { taints } });

  it('[sig-node] NoExecuteTaintManager Single Pod removing taint cancels eviction', async () => {
    const of = await pods();
    await started(of, tolerating('taint-eviction', 60, 'node-2'));
    await setTaints('node-2', [taint]);
    await plane.cluster.clock.advance(30_000);
    await setTaints('node-2', []);
    await plane.cluster.clock.advance(120_000);
    expect((await of.get('taint-eviction')).metadata.deletionTimestamp).toBeUndefined();
  });

  it('[sig-node] NoExecuteTaintManager Multiple Pods evicts pods with minTolerationSeconds', async () => {
    const of = await pods();
    await started(of, tolerating('taint-eviction-1', 20, 'node-2'));
    await started(of, tolerating('taint-eviction-2', 60, 'node-2'));
    await setTaints('node-2', [taint]);
    await plane.cluster.clock.advance(15_000);
    expect(await of.names()).toEqual(['taint-eviction-1', 'taint-eviction-2']);
    await plane.cluster.clock.advance(20_000);
    expect(await of.names()).toEqual(['taint-eviction-2']);
    await plane.cluster.clock.advance(40_000);
    expect(await of.names()).toEqual([]);
    await setTaints('node-2', []);
  });
});

describe('storage/csi_inline.go', () => {
  it('[sig-storage] CSIInlineVolumes should support CSIVolumeSource in Pod API', async () => {
    const of = await pods();
    const csi = { driver: 'e2e.example.com', volumeAttributes: { share: 'one' }, readOnly: true };
    const volumeMounts = [{ name: 'inline', mountPath: '/mnt/inline' }];
    const made = pod('pod-csi', {
      spec: {
        nodeSelector: { never: 'there' },
        volumes: [{ name: 'inline', csi }],
        containers: [{ name: 'main', image: 'pause:1', volumeMounts }],
      },
    });
    await of.create(made);
    const live = await of.get('pod-csi');
    expect((live.spec as { volumes: Fields[] }).volumes).toContainEqual({ name: 'inline', csi });
    expect(await of.names('name=pod-csi')).toEqual(['pod-csi']);
    expect((await of.patch('pod-csi', { metadata: { labels: { patched: 'yes' } } })).metadata.labels).toMatchObject({ patched: 'yes' });
    await of.delete('pod-csi');
    await gone(of, 'pod-csi');
  });

  it('[sig-storage] CSIInlineVolumes should run through the lifecycle of a CSIDriver', async () => {
    const drivers = plane.admin.resource('storage.k8s.io/v1', 'csidrivers');
    const make = (name: string) => ({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIDriver',
      metadata: { name, labels: { 'e2e-test': 'csi' } },
      spec: { volumeLifecycleModes: ['Ephemeral'] },
    });
    for (const name of ['inline-driver-1', 'inline-driver-2']) await drivers.create(make(name));
    expect((await drivers.patch('inline-driver-1', { metadata: { labels: { driver: 'patched' } } })).metadata.labels).toMatchObject({
      driver: 'patched',
    });
    const updated = await drivers.update(withMetadata(await drivers.get('inline-driver-2'), { labels: { driver: 'updated' } }));
    expect(updated.metadata.labels).toMatchObject({ driver: 'updated' });
    expect(await drivers.names('e2e-test=csi')).toEqual(['inline-driver-1', 'inline-driver-2']);
    await drivers.delete('inline-driver-1');
    await gone(drivers, 'inline-driver-1');
    await drivers.deleteCollection('e2e-test=csi');
    expect(await drivers.names('e2e-test=csi')).toEqual([]);
  });
});

describe('storage/volume_attachment.go', () => {
  const attachments = (): Resource => plane.admin.resource('storage.k8s.io/v1', 'volumeattachments');
  const make = (name: string) => ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: { name },
    spec: { attacher: 'attacher', source: { persistentVolumeName: `${name}-pv` }, nodeName: 'node-1' },
  });

  it('[sig-storage] VolumeAttachment Conformance should run through the lifecycle of a VolumeAttachment', async () => {
    const { metadata } = await attachments().create(make('va-1'));
    expect(await attachments().get('va-1')).toMatchObject({ metadata: { uid: metadata.uid }, spec: make('va-1').spec });
    await attachments().patch('va-1', { metadata: { labels: { 'va-1': 'patched' } } });
    expect(await attachments().names('va-1=patched')).toEqual(['va-1']);
    await attachments().delete('va-1');
    await gone(attachments(), 'va-1');
    for (const name of ['va-2', 'va-3']) {
      const updated = await attachments().update(withMetadata(await attachments().create(make(name)), { labels: { 'va-e2e': 'updated' } }));
      expect(updated.metadata.labels).toEqual({ 'va-e2e': 'updated' });
    }
    expect(await attachments().names('va-e2e=updated')).toEqual(['va-2', 'va-3']);
    await attachments().deleteCollection('va-e2e=updated');
    expect(await attachments().names('va-e2e=updated')).toEqual([]);
  });

  it('[sig-storage] VolumeAttachment Conformance should apply changes to a volumeattachment status', async () => {
    await attachments().create(make('va-status'));
    await attachments().patch('va-status', { metadata: { labels: { 'va-status': 'patched' } } });
    expect(fieldsOf(await attachments().get('va-status', 'status'), 'status')['attached'] ?? false).toBe(false);
    const patched = await attachments().patch('va-status', { status: { attached: true } }, { subresource: 'status' });
    expect(patched.status).toEqual({ attached: true });
    const updated = await attachments().update({ ...patched, status: { attached: false } }, 'status');
    expect(updated.status).toEqual({ attached: false });
    await attachments().delete('va-status');
    await gone(attachments(), 'va-status');
  });
});

describe('apps/disruption.go', () => {
  const group = 'policy/v1';
  const budget = (name: string, labels: Fields = {}) => ({
    apiVersion: group,
    kind: 'PodDisruptionBudget',
    metadata: { name, labels },
    spec: { minAvailable: 1, selector: { matchLabels: { foo: 'bar' } } },
  });

  const statusOf = async (of: Resource, name: string) => fieldsOf(await of.get(name), 'status');
  /** The controller has counted what was asked for last. */
  const counted = (of: Resource, name: string) =>
    plane.until(async () => (await statusOf(of, name))['observedGeneration'] === (await of.get(name)).metadata.generation);
  const protectedPods = async (names: readonly string[]): Promise<{ of: Resource; pods: Resource }> => {
    const namespace = await plane.namespace();
    const live = plane.admin.resource('v1', 'pods', namespace);
    for (const name of names) await started(live, pod(name, { labels: { foo: 'bar' } }));
    return { of: plane.admin.resource(group, 'poddisruptionbudgets', namespace), pods: live };
  };

  it('[sig-apps] DisruptionController should create a PodDisruptionBudget', async () => {
    const { of } = await protectedPods([]);
    expect(await of.create(budget('created'))).toMatchObject({ spec: { minAvailable: 1 } });
    await counted(of, 'created');
    const created = await of.get('created');
    const updated = await of.update({ ...created, spec: { ...fieldsOf(created, 'spec'), minAvailable: 2 } });
    expect(updated).toMatchObject({ metadata: { generation: 2 }, spec: { minAvailable: 2 } });
    const patched = await of.patch('created', { spec: { minAvailable: '3%' } });
    expect((await of.get('created')).spec).toEqual(patched.spec);
    expect(patched.spec).toMatchObject({ minAvailable: '3%' });
    await of.delete('created');
    await gone(of, 'created');
  });

  it('[sig-apps] DisruptionController should observe PodDisruptionBudget status updated', async () => {
    const { of } = await protectedPods(['a', 'b', 'c']);
    await of.create(budget('observed'));
    await plane.until(async () => Number((await statusOf(of, 'observed'))['disruptionsAllowed'] ?? 0) > 0);
    expect(await statusOf(of, 'observed')).toMatchObject({ currentHealthy: 3, desiredHealthy: 1, expectedPods: 3, disruptionsAllowed: 2 });
  });

  it('[sig-apps] DisruptionController should update/patch PodDisruptionBudget status', async () => {
    const { of } = await protectedPods(['pod-a', 'pod-b']);
    await of.create(budget('statused'));
    await counted(of, 'statused');
    const time = timestamp(plane.cluster.clock);
    const live = await of.get('statused', 'status');
    const updated = await of.update({ ...live, status: { ...fieldsOf(live, 'status'), disruptedPods: { 'pod-a': time } } }, 'status');
    expect(fieldsOf(updated, 'status')['disruptedPods']).toEqual({ 'pod-a': time });
    await plane.until(async () => (await statusOf(of, 'statused'))['currentHealthy'] === 1);
    const patched = await of.patch('statused', { status: { disruptedPods: { 'pod-b': time } } }, { subresource: 'status' });
    expect(fieldsOf(patched, 'status')['disruptedPods']).toEqual({ 'pod-a': time, 'pod-b': time });
    await plane.until(async () => (await statusOf(of, 'statused'))['currentHealthy'] === 0);
  });

  it('[sig-apps] DisruptionController should block an eviction until the PDB is updated to allow it', async () => {
    const { of, pods: live } = await protectedPods(['a', 'b', 'c']);
    const evict = (name: string) =>
      plane.admin.call('POST', `${live.path}/${name}/eviction`, {
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } },
      });
    await of.create({ ...budget('blocking'), spec: { minAvailable: 3, selector: { matchLabels: { foo: 'bar' } } } });
    await plane.until(async () => (await statusOf(of, 'blocking'))['currentHealthy'] === 3);
    const refusal = await evict('a');
    expect(refusal.status).toBe(429);
    expect(refusal.object).toMatchObject({ reason: 'TooManyRequests', details: { causes: [{ reason: 'DisruptionBudget' }] } });
    await of.patch('blocking', { spec: { minAvailable: 2 } });
    await plane.until(async () => (await statusOf(of, 'blocking'))['disruptionsAllowed'] === 1);
    expect((await evict('a')).status).toBe(201);
    await gone(live, 'a');
    await plane.until(async () => (await statusOf(of, 'blocking'))['currentHealthy'] === 2);
    expect((await evict('b')).status).toBe(429);
    await of.delete('blocking');
    await gone(of, 'blocking');
    expect((await evict('b')).status).toBe(201);
  });

  it('[sig-apps] DisruptionController Listing PodDisruptionBudgets for all namespaces should list and delete a collection of PodDisruptionBudgets', async () => {
    const [first, second] = [await plane.namespace(), await plane.namespace()].map((each) =>
      plane.admin.resource(group, 'poddisruptionbudgets', each),
    );
    for (const name of ['foo', 'foo2']) await first?.create(budget(name, { purpose: 'collection' }));
    await second?.create(budget('foo3', { purpose: 'collection' }));
    expect(await plane.admin.resource(group, 'poddisruptionbudgets').names('purpose=collection')).toEqual(['foo', 'foo2', 'foo3']);
    await first?.deleteCollection('purpose=collection');
    expect(await plane.admin.resource(group, 'poddisruptionbudgets').names('purpose=collection')).toEqual(['foo3']);
  });
});
