import { describe, expect, it } from 'vitest';
import { conformance, fieldsOf, refused, withMetadata, type Fields, type Live, type Resource } from './client.ts';
import { expectDiscovered, expectOperations, expectStatus, groupsOf, resourcesOf, type Served } from './operations.ts';
import { expectScale, job, template } from './workloads.ts';

const plane = conformance();
const condition = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from an e2e test' };
const conditions = (live: Live, list: readonly Fields[]): Live => ({ ...live, status: { ...fieldsOf(live, 'status'), conditions: list } });
/** Discovery of the API, then everything that can be done with it. */
async function expectApi(
  served: Served,
  make: (name: string) => object,
  meanwhile?: (of: Resource, name: string) => Promise<void>,
): Promise<void> {
  await expectDiscovered(plane.admin, served);
  await expectOperations(plane, { ...served, ...(served.namespaced && { namespace: await plane.namespace() }) }, make, meanwhile);
}

describe('apimachinery/flowcontrol.go', () => {
  const groupVersion = 'flowcontrol.apiserver.k8s.io/v1';
  const statusOf = (of: Resource, name: string) =>
    expectStatus(of, name, { conditions: [{ ...condition, type: 'PatchStatusFailed' }] }, (live) => conditions(live, [condition]));

  it('[sig-api-machinery] API priority and fairness should support FlowSchema API operations', async () => {
    const rules = [
      {
        subjects: [{ kind: 'User', user: { name: 'example-e2e-non-existent-user' } }],
        nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
      },
    ];
    const make = (name: string) => ({
      metadata: { name },
      spec: {
        matchingPrecedence: 10000,
        priorityLevelConfiguration: { name: 'global-default' },
        distinguisherMethod: { type: 'ByUser' },
        rules,
      },
    });
    await expectApi(
      { groupVersion, plural: 'flowschemas', kind: 'FlowSchema', namespaced: false, subresources: ['status'] },
      make,
      statusOf,
    );
  });

  it('[sig-api-machinery] API priority and fairness should support PriorityLevelConfiguration API operations', async () => {
    const make = (name: string) => ({
      metadata: { name },
      spec: { type: 'Limited', limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } } },
    });
    const served = {
      groupVersion,
      plural: 'prioritylevelconfigurations',
      kind: 'PriorityLevelConfiguration',
      namespaced: false,
      subresources: ['status'],
    };
    await expectApi(served, make, statusOf);
  });
});

describe('apimachinery/validatingadmissionpolicy.go', () => {
  const groupVersion = 'admissionregistration.k8s.io/v1';

  it('[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support ValidatingAdmissionPolicy API operations', async () => {
    const resourceRules = [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }];
    // Its rules are for nobody here.
    const namespaceSelector = { matchLabels: { nobody: 'here' } };
    const make = (name: string) => ({
      metadata: { name },
      spec: {
        failurePolicy: 'Ignore',
        matchConstraints: { resourceRules, namespaceSelector },
        validations: [{ expression: 'object.spec.replicas <= 100' }],
      },
    });
    const served = {
      groupVersion,
      plural: 'validatingadmissionpolicies',
      kind: 'ValidatingAdmissionPolicy',
      namespaced: false,
      subresources: ['status'],
    };
    await expectApi(served, make, async (of, name) => {
      const patch = { conditions: [{ ...condition, type: 'PatchStatusFailed', lastTransitionTime: '2026-01-01T00:00:00Z' }] };
      await expectStatus(of, name, patch, (live) => conditions(live, [{ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' }]));
    });
  });

  it('[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support ValidatingAdmissionPolicyBinding API operations', async () => {
    const make = (name: string) => ({ metadata: { name }, spec: { policyName: 'nobodys-policy', validationActions: ['Deny'] } });
    await expectApi(
      { groupVersion, plural: 'validatingadmissionpolicybindings', kind: 'ValidatingAdmissionPolicyBinding', namespaced: false },
      make,
    );
  });
});

describe('apimachinery/webhook.go', () => {
  const groupVersion = 'admissionregistration.k8s.io/v1';
  /** Called for nothing that this cluster holds. */
  const webhook = (matchConditions: readonly Fields[]) => ({
    name: 'conditions.example.com',
    clientConfig: { url: 'https://198.51.100.1/never' },
    rules: [{ apiGroups: ['nowhere.example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['nothings'] }],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    matchConditions,
  });
  const make = (kind: string, name: string, matchConditions: readonly Fields[]) => ({
    apiVersion: groupVersion,
    kind,
    metadata: { name },
    webhooks: [webhook(matchConditions)],
  });
  const notLease = [{ name: 'expression-1', expression: "object.metadata.namespace == 'production'" }];
  const notNode = [{ name: 'expression-2', expression: "object.metadata.namespace == 'staging'" }];
  async function expectConditions(plural: string, kind: string): Promise<void> {
    const of = plane.admin.resource(groupVersion, plural);
    const created = await of.create(make(kind, 'with-conditions', notLease));
    expect(created).toMatchObject({ webhooks: [{ matchConditions: notLease }] });
    await of.update({ ...created, webhooks: [webhook(notNode)] });
    expect((await of.get('with-conditions'))['webhooks']).toMatchObject([{ matchConditions: notNode }]);
    await of.delete('with-conditions');
  }
  async function expectRefused(plural: string, kind: string): Promise<void> {
    const status = await refused(
      plane.admin.resource(groupVersion, plural).create(make(kind, 'invalid', [{ name: 'wrong', expression: '... [] bad expression' }])),
    );
    expect(status).toMatchObject({ code: 422, reason: 'Invalid', message: expect.stringContaining('compilation failed') as string });
    expect(status.details?.causes?.[0]?.field).toBe('webhooks[0].matchConditions[0].expression');
  }

  it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should include webhook resources in discovery documents', async () => {
    expect((await groupsOf(plane.admin)).groups.map(({ name }) => name)).toContain('admissionregistration.k8s.io');
    const names = (await resourcesOf(plane.admin, groupVersion)).resources.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']));
    await expectDiscovered(plane.admin, {
      groupVersion,
      plural: 'mutatingwebhookconfigurations',
      kind: 'MutatingWebhookConfiguration',
      namespaced: false,
    });
  });

  it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to create and update validating webhook configurations with match conditions', async () => {
    await expectConditions('validatingwebhookconfigurations', 'ValidatingWebhookConfiguration');
  });

  it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to create and update mutating webhook configurations with match conditions', async () => {
    await expectConditions('mutatingwebhookconfigurations', 'MutatingWebhookConfiguration');
  });

  it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should reject validating webhook configurations with invalid match conditions', async () => {
    await expectRefused('validatingwebhookconfigurations', 'ValidatingWebhookConfiguration');
  });

  it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should reject mutating webhook configurations with invalid match conditions', async () => {
    await expectRefused('mutatingwebhookconfigurations', 'MutatingWebhookConfiguration');
  });
});

describe('network, APIs', () => {
  const groupVersion = 'networking.k8s.io/v1';

  it('[sig-network] Ingress API should support creating Ingress API operations', async () => {
    const backend = { service: { name: 'default-backend', port: { number: 80 } } };
    const rules = [{ host: 'foo.bar.com', http: { paths: [{ path: '/', pathType: 'ImplementationSpecific', backend }] } }];
    const make = (name: string) => ({ metadata: { name }, spec: { defaultBackend: backend, rules } });
    await expectApi(
      { groupVersion, plural: 'ingresses', kind: 'Ingress', namespaced: true, subresources: ['status'] },
      make,
      async (of, name) => {
        const to = (ip: string) => ({ loadBalancer: { ingress: [{ ip }] } });
        await expectStatus(of, name, to('169.1.1.1'), (live) => ({ ...live, status: to('169.1.1.2') }));
      },
    );
  });

  it('[sig-network] IngressClass API should support creating IngressClass API operations', async () => {
    const make = (name: string) => ({ metadata: { name }, spec: { controller: 'example.com/controller' } });
    await expectApi({ groupVersion, plural: 'ingressclasses', kind: 'IngressClass', namespaced: false }, make);
  });

  it('[sig-network] ServiceCIDR and IPAddress API should support IPAddress API operations', async () => {
    const addresses: Readonly<Record<string, string>> = { one: '192.168.1.1', two: '192.168.1.3', three: '192.168.1.2' };
    const of = plane.admin.resource(groupVersion, 'ipaddresses');
    await expectDiscovered(plane.admin, { groupVersion, plural: 'ipaddresses', kind: 'IPAddress', namespaced: false });
    const parentRef = { group: '', resource: 'services', namespace: 'default', name: 'kubernetes' };
    const labels = { 'special-label': 'ips' };
    const { metadata } = await of.list();
    const watching = await of.watch(metadata.resourceVersion, { labelSelector: 'special-label=ips' });
    for (const name of Object.values(addresses))
      await of.create({ apiVersion: groupVersion, kind: 'IPAddress', metadata: { name, labels }, spec: { parentRef } });
    expect((await of.get('192.168.1.1')).spec).toEqual({ parentRef });
    expect(await of.names('special-label=ips')).toEqual(['192.168.1.1', '192.168.1.2', '192.168.1.3']);
    await of.patch('192.168.1.1', { metadata: { annotations: { patched: 'true' } } });
    await of.update(withMetadata(await of.get('192.168.1.1'), { annotations: { updated: 'true' } }));
    expect((await of.get('192.168.1.1')).metadata.annotations).toEqual({ patched: 'true', updated: 'true' });
    await of.delete('192.168.1.1');
    await of.deleteCollection('special-label=ips');
    expect(await of.names('special-label=ips')).toEqual([]);
    await plane.until(() => watching.events.length === 8);
    await watching.stop();
    expect(watching.events.map(({ type }) => type)).toEqual([
      ...Array<string>(3).fill('ADDED'),
      'MODIFIED',
      'MODIFIED',
      ...Array<string>(3).fill('DELETED'),
    ]);
  });

  it('[sig-network] ServiceCIDR and IPAddress API should support ServiceCIDR API operations', async () => {
    const of = plane.admin.resource(groupVersion, 'servicecidrs');
    await expectDiscovered(plane.admin, {
      groupVersion,
      plural: 'servicecidrs',
      kind: 'ServiceCIDR',
      namespaced: false,
      subresources: ['status'],
    });
    const labels = { 'special-label': 'cidrs' };
    const make = (name: string, cidr: string) => ({
      apiVersion: groupVersion,
      kind: 'ServiceCIDR',
      metadata: { name, labels },
      spec: { cidrs: [cidr] },
    });
    const watching = await of.watch((await of.list()).metadata.resourceVersion, { labelSelector: 'special-label=cidrs' });
    await of.create(make('e2e-1', '192.0.2.0/24'));
    await of.create(make('e2e-2', '198.51.100.0/24'));
    expect(await of.names('special-label=cidrs')).toEqual(['e2e-1', 'e2e-2']);
    expect((await of.get('e2e-1')).spec).toEqual({ cidrs: ['192.0.2.0/24'] });
    await of.patch('e2e-1', { metadata: { annotations: { patched: 'true' } } });
    await of.update(withMetadata(await of.get('e2e-1'), { annotations: { updated: 'true' } }));
    const dated = { ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' };
    await expectStatus(of, 'e2e-1', { conditions: [{ ...dated, type: 'StatusPatched' }] }, (live) => conditions(live, [dated]));
    for (const name of ['e2e-1', 'e2e-2']) {
      if (name === 'e2e-1') await of.delete(name);
      else await of.deleteCollection('special-label=cidrs');
      if ((await of.names()).includes(name)) await of.patch(name, { metadata: { finalizers: null } });
    }
    expect(await of.names('special-label=cidrs')).toEqual([]);
    await plane.until(() => watching.events.filter(({ type }) => type === 'DELETED').length === 2);
    await watching.stop();
  });
});

describe('storage/csistoragecapacity.go', () => {
  it('[sig-storage] CSIStorageCapacity should support CSIStorageCapacities API operations', async () => {
    const make = (name: string) => ({
      metadata: { name },
      storageClassName: 'e2e-class',
      nodeTopology: { matchLabels: { zone: 'here' } },
      capacity: '1Gi',
    });
    await expectApi(
      { groupVersion: 'storage.k8s.io/v1', plural: 'csistoragecapacities', kind: 'CSIStorageCapacity', namespaced: true },
      make,
    );
  });
});

describe('apps/cronjob.go', () => {
  it('[sig-apps] CronJob should support CronJob API operations', async () => {
    const jobTemplate = { spec: fieldsOf(job('of', {}), 'spec') };
    const served = { groupVersion: 'batch/v1', plural: 'cronjobs', kind: 'CronJob', namespaced: true, subresources: ['status'] };
    const make = (name: string) => ({
      metadata: { name },
      spec: { schedule: '*/1 * * * *', concurrencyPolicy: 'Allow', suspend: true, jobTemplate },
    });
    await expectApi(served, make, async (of, name) => {
      const last = (minute: number) => ({ lastScheduleTime: `2026-01-01T00:0${minute}:00Z` });
      await expectStatus(of, name, last(1), (live) => ({ ...live, status: last(2) }));
    });
  });
});

describe('apps, workloads whose controllers are not there yet', () => {
  const workload = (kind: string, name: string, spec: Fields = {}) =>
    ({
      apiVersion: 'apps/v1',
      kind,
      metadata: { name, labels: { name } },
      spec: { selector: { matchLabels: { name } }, template: template(name), ...spec },
    }) as Live;
  const apps = async (plural: string) => plane.admin.resource('apps/v1', plural, await plane.namespace());
  const updated = (live: Live) => conditions(live, [condition]);
  const patched = { conditions: [{ type: 'StatusPatched', status: 'True' }] };

  it('[sig-apps] Daemon set should list and delete a collection of DaemonSets', async () => {
    const of = await apps('daemonsets');
    await of.create(workload('DaemonSet', 'daemon-set'));
    expect(await plane.admin.resource('apps/v1', 'daemonsets').names('name=daemon-set')).toEqual(['daemon-set']);
    await of.deleteCollection('name=daemon-set');
    expect(await of.names('name=daemon-set')).toEqual([]);
  });

  it('[sig-apps] Daemon set should verify changes to a daemon set status', async () => {
    const of = await apps('daemonsets');
    await of.create(workload('DaemonSet', 'daemon-set'));
    await expectStatus(of, 'daemon-set', patched, updated);
  });

  it('[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should have a working scale subresource', async () => {
    const of = await apps('statefulsets');
    await of.create(workload('StatefulSet', 'ss', { replicas: 1, serviceName: 'test' }));
    await expectScale(of, 'ss', 1);
  });

  it('[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should list, patch and delete a collection of StatefulSets', async () => {
    const of = await apps('statefulsets');
    await of.create(workload('StatefulSet', 'test-ss', { replicas: 1, serviceName: 'test' }));
    expect(await plane.admin.resource('apps/v1', 'statefulsets').names('name=test-ss')).toEqual(['test-ss']);
    const change = {
      metadata: { labels: { 'test-ss': 'patched' } },
      spec: { replicas: 2, template: { spec: { containers: [{ name: 'main', image: 'pause:1' }] } } },
    };
    expect(await of.patch('test-ss', change, { type: 'strategic' })).toMatchObject(change);
    await of.deleteCollection('test-ss=patched');
    expect(await of.names('name=test-ss')).toEqual([]);
  });

  it('[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should validate Statefulset Status endpoints', async () => {
    const of = await apps('statefulsets');
    await of.create(workload('StatefulSet', 'ss', { replicas: 1, serviceName: 'test' }));
    await expectStatus(of, 'ss', patched, updated);
  });

  const controller = (name: string, labels: Fields = {}) =>
    ({
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name, labels },
      spec: { replicas: 1, selector: { name }, template: template(name) },
    }) as unknown as Live;

  it('[sig-apps] ReplicationController should get and update a ReplicationController scale', async () => {
    const of = plane.admin.resource('v1', 'replicationcontrollers', await plane.namespace());
    await of.create(controller('e2e-rc'));
    await expectScale(of, 'e2e-rc', 1);
  });

  it('[sig-apps] ReplicationController should test the lifecycle of a ReplicationController', async () => {
    const of = plane.admin.resource('v1', 'replicationcontrollers', await plane.namespace());
    const labels = { 'test-rc-static': 'true' };
    const watching = await of.watch((await of.list()).metadata.resourceVersion, { labelSelector: 'test-rc-static=true' });
    await of.create(controller('rc-test', labels));
    await of.patch('rc-test', { metadata: { labels: { 'test-rc': 'patched' } } }, { type: 'strategic' });
    const status = await of.patch('rc-test', { status: { readyReplicas: 0, availableReplicas: 0 } }, { subresource: 'status' });
    expect(status.status).toMatchObject({ replicas: 0 });
    expect((await of.get('rc-test', 'status')).metadata.labels).toMatchObject({ 'test-rc': 'patched' });
    await of.patch('rc-test', { spec: { replicas: 2 } }, { subresource: 'scale' });
    expect(await of.get('rc-test')).toMatchObject({ spec: { replicas: 2 } });
    const replaced = await of.update(withMetadata(await of.get('rc-test'), { labels: { 'test-rc': 'replaced' } }));
    expect(replaced.metadata.labels).toMatchObject({ ...labels, 'test-rc': 'replaced' });
    expect(await plane.admin.resource('v1', 'replicationcontrollers').names('test-rc-static=true')).toEqual(['rc-test']);
    await of.deleteCollection('test-rc-static=true');
    await plane.until(() => watching.events.at(-1)?.type === 'DELETED');
    await watching.stop();
    expect(watching.events[0]).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'rc-test' } } });
    expect(await of.names()).toEqual([]);
  });
});
