import { describe, expect, it } from 'vitest';
import { conformance, fieldsOf, refused, type Fields, type Live, type Resource } from './client.ts';
import { pod, replicaSet } from './workloads.ts';

const plane = conformance();
interface Space {
  readonly quotas: Resource;
  of(groupVersion: string, plural: string): Resource;
}
async function space(): Promise<Space> {
  const namespace = await plane.namespace();
  const of = (groupVersion: string, plural: string) => plane.admin.resource(groupVersion, plural, namespace);
  return { of, quotas: of('v1', 'resourcequotas') };
}
const everything = {
  pods: '5',
  services: '10',
  'services.nodeports': '1',
  'services.loadbalancers': '1',
  replicationcontrollers: '10',
  resourcequotas: '1',
  configmaps: '10',
  secrets: '10',
  persistentvolumeclaims: '10',
  cpu: '1',
  memory: '500Mi',
  'requests.ephemeral-storage': '50Gi',
  'requests.storage': '10Gi',
  'requests.example.com/dongle': '3',
  'count/replicasets.apps': '5',
};
const quota = (name: string, hard: Fields = everything, more: Fields = {}) => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name },
  spec: { hard, ...more },
});
const usedOf = (live: Live) => fieldsOf(fieldsOf(live, 'status'), 'used');
async function untilUsed(quotas: Resource, name: string, wanted: Fields): Promise<void> {
  await plane.until(async () => {
    const used = usedOf(await quotas.get(name));
    return Object.entries(wanted).every(([resource, amount]) => used[resource] === amount);
  });
}
/** A quota of everything that has counted what is there. */
async function counted({ quotas }: Space): Promise<Fields> {
  await quotas.create(quota('test-quota'));
  await untilUsed(quotas, 'test-quota', { resourcequotas: '1', pods: '0' });
  return usedOf(await quotas.get('test-quota'));
}
/** Making the object takes one of `resource`, and its deletion gives it back. */
async function expectCounted(at: Space, resource: string, of: Resource, object: Live): Promise<void> {
  const before = Number((await counted(at))[resource]);
  await of.create(object);
  await untilUsed(at.quotas, 'test-quota', { [resource]: String(before + 1) });
  await of.delete(object.metadata.name, { propagationPolicy: 'Background' });
  await untilUsed(at.quotas, 'test-quota', { [resource]: String(before) });
}
const core = (kind: string, name: string, more: object = {}) => ({ apiVersion: 'v1', kind, metadata: { name }, ...more }) as Live;
const sized = (name: string, requests: Fields, more: { limits?: Fields; spec?: Fields } = {}) => {
  const extended = Object.fromEntries(Object.entries(requests).filter(([resource]) => resource.includes('/')));
  const limits = { ...extended, ...more.limits };
  return pod(name, {
    spec: {
      nodeSelector: { never: 'there' },
      containers: [{ name: 'main', image: 'pause:1', resources: { requests, limits } }],
      ...more.spec,
    },
  });
};

describe('apimachinery/resource_quota.go', () => {
  it('[sig-api-machinery] ResourceQuota should create a ResourceQuota and ensure its status is promptly calculated.', async () => {
    const at = await space();
    await counted(at);
    const { status } = await at.quotas.get('test-quota');
    const none = Object.fromEntries(Object.keys(everything).map((resource) => [resource, '0']));
    const configmaps = String((await at.of('v1', 'configmaps').names()).length);
    expect(status).toEqual({ hard: everything, used: { ...none, resourcequotas: '1', configmaps } });
  });

  it('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a service.', async () => {
    const at = await space();
    const services = at.of('v1', 'services');
    const service = (name: string, type: string) => core('Service', name, { spec: { type, ports: [{ name: 'p1', port: 80 }] } });
    await counted(at);
    await services.create(service('cluster-ip', 'ClusterIP'));
    await services.create(service('node-port', 'NodePort'));
    expect(await refused(services.create(service('load-balancer', 'LoadBalancer')))).toMatchObject({ code: 403, reason: 'Forbidden' });
    await untilUsed(at.quotas, 'test-quota', { services: '2', 'services.nodeports': '1', 'services.loadbalancers': '0' });
    for (const name of ['cluster-ip', 'node-port']) await services.delete(name);
    await untilUsed(at.quotas, 'test-quota', { services: '0', 'services.nodeports': '0', 'services.loadbalancers': '0' });
  });

  it('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a secret.', async () => {
    const at = await space();
    await expectCounted(at, 'secrets', at.of('v1', 'secrets'), core('Secret', 'test-secret', { data: { 'data-1': 'dmFsdWUtMQo=' } }));
  });

  it('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a configMap.', async () => {
    const at = await space();
    await expectCounted(at, 'configmaps', at.of('v1', 'configmaps'), core('ConfigMap', 'test-configmap', { data: { a: 'b' } }));
  });

  it('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a replication controller.', async () => {
    const at = await space();
    const spec = {
      replicas: 0,
      selector: { name: 'test-rc' },
      template: { metadata: { labels: { name: 'test-rc' } }, spec: { containers: [{ name: 'main', image: 'pause:1' }] } },
    };
    await expectCounted(
      at,
      'replicationcontrollers',
      at.of('v1', 'replicationcontrollers'),
      core('ReplicationController', 'test-rc', { spec }),
    );
  });

  it('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a replica set.', async () => {
    const at = await space();
    await expectCounted(at, 'count/replicasets.apps', at.of('apps/v1', 'replicasets'), replicaSet('test-rs', 0));
  });

  it('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a pod.', async () => {
    const at = await space();
    await counted(at);
    const pods = at.of('v1', 'pods');
    const asked = { cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', 'example.com/dongle': '2' };
    await pods.create(sized('test-pod', asked));
    const taken = { pods: '1', cpu: '500m', memory: '252Mi', 'requests.ephemeral-storage': '30Gi', 'requests.example.com/dongle': '2' };
    await untilUsed(at.quotas, 'test-quota', taken);
    for (const more of [
      { cpu: '600m', memory: '100Mi' },
      { cpu: '500m', memory: '100Mi', 'ephemeral-storage': '30Gi' },
      { cpu: '500m', memory: '100Mi', 'example.com/dongle': '2' },
    ]) {
      expect(await refused(pods.create(sized('fail-pod', more)))).toMatchObject({
        code: 403,
        reason: 'Forbidden',
        message: expect.stringContaining('exceeded quota: test-quota') as string,
      });
    }
    const live = await pods.get('test-pod');
    const [container] = (live.spec as { containers: Fields[] }).containers;
    const larger = { ...container, resources: { requests: { ...asked, cpu: '100m', memory: '100Mi' } } };
    expect(await refused(pods.update({ ...live, spec: { ...fieldsOf(live, 'spec'), containers: [larger] } }))).toMatchObject({
      code: 422,
      reason: 'Invalid',
    });
    await untilUsed(at.quotas, 'test-quota', taken);
    await pods.delete('test-pod', { gracePeriodSeconds: 0 });
    await untilUsed(at.quotas, 'test-quota', {
      pods: '0',
      cpu: '0',
      memory: '0',
      'requests.ephemeral-storage': '0',
      'requests.example.com/dongle': '0',
    });
  });

  it('[sig-api-machinery] ResourceQuota should verify ResourceQuota with terminating scopes.', async () => {
    const at = await space();
    const hard = { pods: '5', 'requests.cpu': '1', 'requests.memory': '500Mi', 'limits.cpu': '2', 'limits.memory': '1Gi' };
    const none = { pods: '0', 'requests.cpu': '0', 'requests.memory': '0', 'limits.cpu': '0', 'limits.memory': '0' };
    const taken = { pods: '1', 'requests.cpu': '500m', 'requests.memory': '200Mi', 'limits.cpu': '1', 'limits.memory': '400Mi' };
    for (const scope of ['Terminating', 'NotTerminating']) {
      await at.quotas.create(quota(scope.toLowerCase(), hard, { scopes: [scope] }));
      await untilUsed(at.quotas, scope.toLowerCase(), none);
    }
    const pods = at.of('v1', 'pods');
    const [requests, limits] = [
      { cpu: '500m', memory: '200Mi' },
      { cpu: '1', memory: '400Mi' },
    ];
    const counts = async (name: string, spec: Fields, within: { terminating: Fields; notterminating: Fields }) => {
      await pods.create(sized(name, requests, { limits, spec }));
      for (const [of, used] of Object.entries(within)) await untilUsed(at.quotas, of, used);
      await pods.delete(name, { gracePeriodSeconds: 0 });
      for (const of of Object.keys(within)) await untilUsed(at.quotas, of, none);
    };
    await counts('test-pod', {}, { terminating: none, notterminating: taken });
    await counts('terminating-pod', { activeDeadlineSeconds: 3600 }, { terminating: taken, notterminating: none });
  });

  it('[sig-api-machinery] ResourceQuota should verify ResourceQuota with best effort scope.', async () => {
    const at = await space();
    for (const scope of ['BestEffort', 'NotBestEffort']) {
      await at.quotas.create(quota(scope.toLowerCase(), { pods: '5' }, { scopes: [scope] }));
      await untilUsed(at.quotas, scope.toLowerCase(), { pods: '0' });
    }
    const pods = at.of('v1', 'pods');
    const counts = async (made: Live, within: { besteffort: string; notbesteffort: string }) => {
      await pods.create(made);
      for (const [of, used] of Object.entries(within)) await untilUsed(at.quotas, of, { pods: used });
      await pods.delete(made.metadata.name, { gracePeriodSeconds: 0 });
      for (const of of Object.keys(within)) await untilUsed(at.quotas, of, { pods: '0' });
    };
    await counts(sized('besteffort-pod', {}), { besteffort: '1', notbesteffort: '0' });
    await counts(sized('burstable-pod', { cpu: '500m', memory: '200Mi' }, { limits: { cpu: '1' } }), {
      besteffort: '0',
      notbesteffort: '1',
    });
  });

  it('[sig-api-machinery] ResourceQuota should be able to update and delete ResourceQuota.', async () => {
    const { quotas } = await space();
    expect((await quotas.create(quota('test-quota', { cpu: '1', memory: '500Mi' }))).spec).toEqual({ hard: { cpu: '1', memory: '500Mi' } });
    const live = await quotas.get('test-quota');
    const hard = { cpu: '2', memory: '1Gi' };
    expect((await quotas.update({ ...live, spec: { hard } })).spec).toEqual({ hard });
    expect((await quotas.get('test-quota')).spec).toEqual({ hard });
    await quotas.delete('test-quota');
    expect(await refused(quotas.get('test-quota'))).toMatchObject({ reason: 'NotFound' });
  });

  it('[sig-api-machinery] ResourceQuota should manage the lifecycle of a ResourceQuota', async () => {
    const { quotas } = await space();
    const labels = { 'e2e-rq-label': 'lifecycle' };
    const made = quota('e2e-quota', { cpu: '1', memory: '500Mi' });
    await quotas.create({ ...made, metadata: { ...made.metadata, labels } });
    const everywhere = plane.admin.resource('v1', 'resourcequotas');
    expect(await everywhere.names('e2e-rq-label=lifecycle')).toEqual(['e2e-quota']);
    const patch = { metadata: { labels: { 'e2e-quota': 'patched' } }, spec: { hard: { memory: '750Mi' } } };
    expect(await quotas.patch('e2e-quota', patch, { type: 'strategic' })).toMatchObject({
      ...patch,
      spec: { hard: { cpu: '1', memory: '750Mi' } },
    });
    await quotas.deleteCollection('e2e-quota=patched');
    expect(await everywhere.names('e2e-rq-label=lifecycle')).toEqual([]);
  });

  it('[sig-api-machinery] ResourceQuota should apply changes to a resourcequota status', async () => {
    const { quotas } = await space();
    const settled = async (hard: Fields) => {
      await plane.until(
        async () => JSON.stringify(fieldsOf(fieldsOf(await quotas.get('e2e-quota'), 'status'), 'hard')) === JSON.stringify(hard),
      );
      return quotas.get('e2e-quota');
    };
    await quotas.create(quota('e2e-quota', { cpu: '500m', memory: '500Mi' }));
    const live = await settled({ cpu: '500m', memory: '500Mi' });
    // What the status is set to is seen; then the quota's own count speaks again.
    const hard = { cpu: '500m', memory: '500Mi' };
    const updated = await quotas.update({ ...live, status: { ...fieldsOf(live, 'status'), hard } }, 'status');
    expect(fieldsOf(updated, 'status')['hard']).toEqual(hard);
    const patched = await quotas.patch('e2e-quota', {
      metadata: { labels: { 'e2e-quota': 'patched' } },
      spec: { hard: { cpu: '1', memory: '1Gi' } },
    });
    expect(patched.spec).toEqual({ hard: { cpu: '1', memory: '1Gi' } });
    await settled({ cpu: '1', memory: '1Gi' });
    const status = await quotas.patch('e2e-quota', { status: { hard: { cpu: '1', memory: '1Gi' } } }, { subresource: 'status' });
    expect(fieldsOf(status, 'status')['hard']).toEqual({ cpu: '1', memory: '1Gi' });
    expect(fieldsOf(await quotas.get('e2e-quota', 'status'), 'status')['hard']).toEqual({ cpu: '1', memory: '1Gi' });
    const again = await quotas.patch(
      'e2e-quota',
      { spec: { hard: { cpu: '9', memory: '9Gi' } }, status: { hard: { cpu: '2', memory: '2Gi' } } },
      { subresource: 'status' },
    );
    expect(again).toMatchObject({
      metadata: { uid: live.metadata.uid },
      spec: { hard: { cpu: '1', memory: '1Gi' } },
      status: { hard: { cpu: '2', memory: '2Gi' } },
    });
    expect((await quotas.get('e2e-quota')).spec).toEqual({ hard: { cpu: '1', memory: '1Gi' } });
    await settled({ cpu: '1', memory: '1Gi' });
  });
});
