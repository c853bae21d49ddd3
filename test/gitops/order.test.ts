import { describe, expect, it, test } from 'vitest';
import { refOf, refText, type KubeObject } from '../../src/api/object.ts';
import { orderOf, placeOf, pruneOrderOf } from '../../src/gitops/order.ts';
import { seededRandom } from '../../src/base/random.ts';

function object(apiVersion: string, kind: string, name: string, rest: Record<string, unknown> = {}): KubeObject {
  const [namespace, own] = name.includes('/') ? (name.split('/') as [string, string]) : [undefined, name];
  const { annotations, ...fields } = rest;
  const metadata = { name: own, ...(namespace === undefined ? {} : { namespace }), ...(annotations === undefined ? {} : { annotations }) };
  return { apiVersion, kind, metadata, ...fields } as KubeObject;
}
const deployment = (name: string, spec: Record<string, unknown>, annotations?: Record<string, string>) =>
  object('apps/v1', 'Deployment', name, { spec: { template: { spec } }, ...(annotations === undefined ? {} : { annotations }) });
const wave = (value: string) => ({ 'steersman.dev/wave': value });

function shown(objects: readonly KubeObject[], by = orderOf): string[] {
  return by(objects.map((item) => ({ object: item }))).groups.map(
    (group) => `${group.phase} ${group.wave}: ${group.items.map((item) => refText(refOf(item.object))).join(', ')}`,
  );
}

describe('orderOf', () => {
  it('puts namespaces and what a pod template names before the workload, and leaves a Service free', () => {
    const objects = [
      deployment('a/web', {
        serviceAccountName: 'runner',
        imagePullSecrets: [{ name: 'pull' }],
        volumes: [
          { configMap: { name: 'settings' } },
          { persistentVolumeClaim: { claimName: 'data' } },
          { projected: { sources: [{ secret: { name: 'keys' } }] } },
        ],
        containers: [{ env: [{ valueFrom: { configMapKeyRef: { name: 'env' } } }], envFrom: [{ secretRef: { name: 'more' } }] }],
      }),
      object('v1', 'Service', 'a/web'),
      object('v1', 'ConfigMap', 'a/settings'),
      object('v1', 'ConfigMap', 'a/env'),
      object('v1', 'Secret', 'a/pull'),
      object('v1', 'Secret', 'a/keys'),
      object('v1', 'Secret', 'a/more'),
      object('v1', 'PersistentVolumeClaim', 'a/data'),
      object('v1', 'ServiceAccount', 'a/runner', { imagePullSecrets: [{ name: 'pull' }] }),
      object('v1', 'ConfigMap', 'b/settings'),
      object('v1', 'Namespace', 'a'),
    ];
    expect(shown(objects)).toEqual([
      'Sync 0: ConfigMap b/settings, Namespace a',
      'Sync 0: ConfigMap a/env, ConfigMap a/settings, PersistentVolumeClaim a/data, Secret a/keys, Secret a/more, Secret a/pull, Service a/web',
      'Sync 0: ServiceAccount a/runner',
      'Sync 0: apps/Deployment a/web',
    ]);
  });

  it('keeps phases and waves, ours before those of Argo CD', () => {
    const hook = (phase: string) => ({ annotations: { 'argocd.argoproj.io/hook': phase } });
    const objects = [
      object('batch/v1', 'Job', 'a/after', hook('PostSync')),
      object('batch/v1', 'Job', 'a/before', hook('PreSync')),
      object('batch/v1', 'Job', 'a/rescue', { annotations: { 'steersman.dev/hook': 'SyncFail' } }),
      object('v1', 'ConfigMap', 'a/late', { annotations: { ...wave('5'), 'argocd.argoproj.io/sync-wave': '-9' } }),
      object('v1', 'ConfigMap', 'a/early', { annotations: { 'argocd.argoproj.io/sync-wave': '-1' } }),
      object('v1', 'ConfigMap', 'a/plain'),
    ];
    expect(shown(objects)).toEqual([
      'PreSync 0: batch/Job a/before',
      'Sync -1: ConfigMap a/early',
      'Sync 0: ConfigMap a/plain',
      'Sync 5: ConfigMap a/late',
      'PostSync 0: batch/Job a/after',
      'SyncFail 0: batch/Job a/rescue',
    ]);
  });

  it('pulls a Namespace and a kind up to their first user, and a namespace of a custom object along', () => {
    const objects = [
      object('v1', 'Namespace', 'a', { annotations: wave('3') }),
      object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'shelves.demo.example', {
        annotations: wave('9'),
        spec: { group: 'demo.example', names: { kind: 'Shelf' } },
      }),
      object('demo.example/v1', 'Shelf', 'a/one', { annotations: { 'argocd.argoproj.io/hook': 'PreSync', ...wave('-2') } }),
    ];
    expect(shown(objects)).toEqual([
      'PreSync -2: Namespace a, apiextensions.k8s.io/CustomResourceDefinition shelves.demo.example',
      'PreSync -2: demo.example/Shelf a/one',
    ]);
  });

  it('pulls what pods refer to up to their first user, unless it says where it stands', () => {
    const job = (annotations: Record<string, string>) =>
      object('batch/v1', 'Job', 'a/migrate', {
        annotations,
        spec: { template: { spec: { containers: [{ envFrom: [{ secretRef: { name: 'keys' } }, { configMapRef: { name: 'env' } }] }] } } },
      });
    const settings = object('v1', 'ConfigMap', 'a/env', { annotations: wave('0') });
    expect(shown([job(wave('-1')), object('v1', 'Secret', 'a/keys'), settings])).toEqual([
      'Sync -1: Secret a/keys',
      'Sync -1: batch/Job a/migrate',
      'Sync 0: ConfigMap a/env',
    ]);
  });
  it('puts roles and accounts before bindings, the target before its autoscaler, quotas before pods, webhooks last', () => {
    const objects = [
      object('rbac.authorization.k8s.io/v1', 'RoleBinding', 'a/b', {
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [{ kind: 'ServiceAccount', name: 's' }],
      }),
      object('rbac.authorization.k8s.io/v1', 'Role', 'a/r'),
      object('v1', 'ServiceAccount', 'a/s'),
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'a/h', {
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
      }),
      deployment('a/web', {}),
      object('v1', 'ResourceQuota', 'a/q'),
      object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'w'),
    ];
    expect(shown(objects)).toEqual([
      'Sync 0: ResourceQuota a/q, ServiceAccount a/s, rbac.authorization.k8s.io/Role a/r',
      'Sync 0: apps/Deployment a/web, rbac.authorization.k8s.io/RoleBinding a/b',
      'Sync 0: autoscaling/HorizontalPodAutoscaler a/h',
      'Sync 0: admissionregistration.k8s.io/ValidatingWebhookConfiguration w',
    ]);
  });

  it('names a cycle and goes on', () => {
    const objects = [
      object('v1', 'Secret', 'a/token', { annotations: { 'kubernetes.io/service-account.name': 'runner' } }),
      object('v1', 'ServiceAccount', 'a/runner', { secrets: [{ name: 'token' }] }),
    ];
    const { groups, cycles } = orderOf(objects.map((item) => ({ object: item })));
    expect(cycles).toEqual(['Secret a/token -> ServiceAccount a/runner -> Secret a/token']);
    expect(groups.map((group) => group.items.length)).toEqual([1, 1]);
  });

  it('answers the same for every order of its input', () => {
    const random = seededRandom(7);
    const objects = Array.from({ length: 30 }, (_, i) =>
      object('v1', i % 3 === 0 ? 'Namespace' : 'ConfigMap', i % 3 === 0 ? `n${i}` : `n${i - (i % 3)}/c${i}`),
    );
    const first = shown(objects);
    for (let round = 0; round < 5; round++) {
      const mixed = objects
        .map((item) => ({ item, at: random.next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ item }) => item);
      expect(shown(mixed)).toEqual(first);
    }
  });

  it('deletes backwards', () => {
    const objects = [
      object('v1', 'Namespace', 'a'),
      object('v1', 'ConfigMap', 'a/c'),
      deployment('a/web', { volumes: [{ configMap: { name: 'c' } }] }),
    ];
    expect(shown(objects, pruneOrderOf)).toEqual(['Sync 0: apps/Deployment a/web', 'Sync 0: ConfigMap a/c', 'Sync 0: Namespace a']);
  });
});

test.each([
  ['5', 5],
  ['-3', -3],
  ['+2', 2],
  ['one', 0],
  ['1.5', 0],
  ['99999999999', 0],
])('a wave written %j counts as %i', (text, expected) => {
  expect(placeOf(object('v1', 'ConfigMap', 'a/c', { annotations: wave(text) }))).toEqual({ phase: 'Sync', wave: expected });
});
