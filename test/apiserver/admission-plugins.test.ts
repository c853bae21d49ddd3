import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { choosePlugins } from '../../src/apiserver/admission/index.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeEach(async () => void (api = await startApiServer({ admission: {} })));
afterEach(() => api.stop());

const at = '/api/v1/namespaces/default';
interface Made {
  readonly message?: string;
  readonly metadata: { readonly annotations?: Record<string, string>; readonly finalizers?: string[] };
  readonly spec: Record<string, unknown> & { containers: { resources?: object; volumeMounts?: object[] }[] };
}
const post = async (path: string, body: object) => {
  const { status, object } = await api.request('POST', path, { body });
  return { status, object: object as Made };
};
const account = (more: object = {}) =>
  post(`${at}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' }, ...more });
const pod = async (name: string, spec: object = {}, resources?: object) =>
  post(`${at}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'a', image: 'x', ...(resources && { resources }) }], ...spec },
  });
const limits = (...items: object[]) =>
  post(`${at}/limitranges`, { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'l' }, spec: { limits: items } });

describe('LimitRanger', () => {
  beforeEach(() => account());

  it('gives containers what they do not say, and tells so', async () => {
    await limits({ type: 'Container', default: { cpu: '500m', memory: '1Gi' }, defaultRequest: { cpu: '100m', memory: '512Mi' } });
    const { object } = await pod('a', {}, { requests: { cpu: '200m' } });
    expect(object.spec.containers[0]?.resources).toEqual({
      limits: { cpu: '500m', memory: '1Gi' },
      requests: { cpu: '200m', memory: '512Mi' },
    });
    expect(object.metadata.annotations?.['kubernetes.io/limit-ranger']).toBe(
      'LimitRanger plugin set: memory request for container a; cpu, memory limit for container a',
    );
  });

  test.each<[string, object, object | undefined, string]>([
    [
      'min',
      { type: 'Container', min: { cpu: '100m' } },
      { requests: { cpu: '50m' } },
      'minimum cpu usage per Container is 100m, but request is 50m',
    ],
    [
      'min without a request',
      { type: 'Pod', min: { memory: '1Mi' } },
      undefined,
      'minimum memory usage per Pod is 1Mi.  No request is specified',
    ],
    ['max', { type: 'Pod', max: { cpu: '1' } }, { limits: { cpu: '2' } }, 'maximum cpu usage per Pod is 1, but limit is 2'],
    ['max without a limit', { type: 'Pod', max: { cpu: '1' } }, undefined, 'maximum cpu usage per Pod is 1.  No limit is specified'],
    [
      'ratio',
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      { requests: { cpu: '100m' }, limits: { cpu: '300m' } },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000',
    ],
  ])('holds pods to %s', async (_name, item, resources, why) => {
    await limits(item);
    expect((await pod('a', {}, resources)).object.message).toBe(`pods "a" is forbidden: ${why}`);
  });

  it('holds claims to sizes', async () => {
    await limits({ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } });
    const claim = (storage: string) =>
      post(`${at}/persistentvolumeclaims`, {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'c' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
      });
    expect((await claim('3Gi')).object.message).toBe(
      'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
    );
    expect((await claim('1500Mi')).status).toBe(201);
  });
});

describe('ServiceAccount', () => {
  it('refuses pods of an account that is not there, after waiting for the default one', async () => {
    expect((await pod('a', { serviceAccountName: 'robot' })).object.message).toBe(
      'pods "a" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found',
    );
    const waiting = pod('b');
    await account();
    expect((await waiting).status).toBe(201);
  });

  it('mounts a token and brings the secrets for images', async () => {
    await account({ imagePullSecrets: [{ name: 'registry' }] });
    const { spec } = (await pod('a')).object;
    const [volume] = spec['volumes'] as { name: string }[];
    expect(volume).toEqual({
      name: expect.stringMatching(/^kube-api-access-[a-z0-9]{5}$/) as string,
      projected: {
        defaultMode: 420,
        sources: [
          { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
        ],
      },
    });
    expect(spec.containers[0]?.volumeMounts).toEqual([
      { name: volume?.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ]);
    expect([spec['serviceAccountName'], spec['imagePullSecrets']]).toEqual(['default', [{ name: 'registry' }]]);
  });

  it('mounts nothing where somebody does not want it', async () => {
    await account({ automountServiceAccountToken: false });
    expect((await pod('a')).object.spec['volumes']).toBeUndefined();
    expect((await pod('b', { automountServiceAccountToken: true })).object.spec['volumes']).toHaveLength(1);
  });
});

describe('Priority', () => {
  beforeEach(() => account());
  const priorityClass = (name: string, value: number, more: object = {}) =>
    post('/apis/scheduling.k8s.io/v1/priorityclasses', {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name },
      value,
      ...more,
    });

  it('makes a number of a class, the default one included', async () => {
    expect((await pod('none')).object.spec).toMatchObject({ priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
    await priorityClass('usual', 7, { globalDefault: true, preemptionPolicy: 'Never' });
    expect((await pod('usual')).object.spec).toMatchObject({ priorityClassName: 'usual', priority: 7, preemptionPolicy: 'Never' });
    expect((await pod('critical', { priorityClassName: 'system-cluster-critical' })).object.spec).toMatchObject({
      priority: 2_000_000_000,
    });
  });

  it('refuses classes that are not there, numbers of their own and a second default', async () => {
    expect((await pod('a', { priorityClassName: 'x' })).object.message).toBe(
      'pods "a" is forbidden: no PriorityClass with name x was found',
    );
    expect((await pod('a', { priority: 5 })).object.message).toBe(
      'pods "a" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    );
    await priorityClass('one', 1, { globalDefault: true });
    expect((await priorityClass('two', 2, { globalDefault: true })).object.message).toContain(
      'PriorityClass one is already marked as default',
    );
  });
});

test('pods tolerate for five minutes that their node is away, unless they say otherwise', async () => {
  await account();
  const toleration = (key: string, tolerationSeconds: number) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds });
  const own = toleration('node.kubernetes.io/not-ready', 5);
  expect((await pod('a', { tolerations: [own] })).object.spec['tolerations']).toEqual([
    own,
    toleration('node.kubernetes.io/unreachable', 300),
  ]);
});

test('a new node is tainted until it is seen to be ready', async () => {
  const { object } = await post('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } });
  expect(object.spec['taints']).toEqual([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
});

test('a claim and an Ingress get the default class, and a claim is protected while it is used', async () => {
  const marked = { 'storageclass.kubernetes.io/is-default-class': 'true', 'ingressclass.kubernetes.io/is-default-class': 'true' };
  await post('/apis/storage.k8s.io/v1/storageclasses', {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'fast', annotations: marked },
    provisioner: 'x.example/y',
  });
  await post('/apis/networking.k8s.io/v1/ingressclasses', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'front', annotations: marked },
    spec: { controller: 'x.example/y' },
  });
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  const claim = await post(`${at}/persistentvolumeclaims`, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'c' },
    spec,
  });
  expect([claim.object.spec['storageClassName'], claim.object.metadata.finalizers]).toEqual(['fast', ['kubernetes.io/pvc-protection']]);
  const ingress = await post('/apis/networking.k8s.io/v1/namespaces/default/ingresses', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'i' },
    spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } },
  });
  expect(ingress.object.spec['ingressClassName']).toBe('front');
});

test('a claim grows only when it is bound', async () => {
  const spec = { accessModes: ['ReadWriteOnce'], storageClassName: 'x', resources: { requests: { storage: '1Gi' } } };
  await post(`${at}/persistentvolumeclaims`, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'c' }, spec });
  const patch = {
    body: { spec: { resources: { requests: { storage: '2Gi' } } } },
    headers: { 'content-type': 'application/merge-patch+json' },
  };
  const { object } = await api.request('PATCH', `${at}/persistentvolumeclaims/c`, patch);
  // Validation speaks before this plugin does, as upstream's does.
  expect((object as Made).message).toMatch(/spec is immutable after creation|Only bound persistent volume claims can be expanded/);
});

describe('RuntimeClass', () => {
  beforeEach(async () => {
    await account();
    await post('/apis/node.k8s.io/v1/runtimeclasses', {
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: 'box' },
      handler: 'box',
      overhead: { podFixed: { cpu: '100m' } },
      scheduling: { nodeSelector: { box: 'yes' } },
    });
  });

  it('adds its overhead and its nodes', async () => {
    const { spec } = (await pod('a', { runtimeClassName: 'box' })).object;
    expect([spec['overhead'], spec['nodeSelector']]).toEqual([{ cpu: '100m' }, { box: 'yes' }]);
  });

  test.each([
    [{ runtimeClassName: 'none' }, 'pod rejected: RuntimeClass "none" not found'],
    [{ runtimeClassName: 'box', overhead: { cpu: '1' } }, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"],
    [{ overhead: { cpu: '1' } }, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'],
    [
      { runtimeClassName: 'box', nodeSelector: { box: 'no' } },
      'conflict: runtimeClass.scheduling.nodeSelector[box] = yes; pod.spec.nodeSelector[box] = no',
    ],
  ])('refuses %j', async (spec, why) => {
    expect((await pod('a', spec)).object.message).toBe(`pods "a" is forbidden: ${why}`);
  });
});

test('plugins are chosen by name', () => {
  const names = choosePlugins({ enable: ['ExtendedResourceToleration'], disable: ['Priority'] }).map(({ name }) => name);
  expect([names.includes('ExtendedResourceToleration'), names.includes('Priority')]).toEqual([true, false]);
  expect(choosePlugins().some(({ name }) => name === 'ExtendedResourceToleration')).toBe(false);
  expect(() => choosePlugins({ enable: ['Nope'] })).toThrow('unknown admission plugin: Nope');
});
