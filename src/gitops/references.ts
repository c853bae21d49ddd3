import { refText, splitApiVersion, type KubeObject } from '../api/object.ts';
import { isRecord, valueAt } from '../base/json.ts';

const rbac = 'rbac.authorization.k8s.io';
const podTemplates: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  Deployment: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  ReplicationController: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};

/** The objects that must be there before this one, as `refText` writes them. Whether they exist is not asked. */
export function dependenciesOf(object: KubeObject): string[] {
  const out = new Set<string>();
  const namespace = object.metadata.namespace ?? '';
  const add: Add = (group, kind, name, space = namespace) => {
    if (typeof name === 'string' && name !== '') out.add(refText({ group, kind, namespace: space, name }));
  };
  if (namespace !== '') add('', 'Namespace', namespace, '');
  const template = podTemplates[object.kind];
  if (template !== undefined) podDependencies(valueAt(object, template), add);
  byKind[object.kind]?.(object, add);
  return [...out];
}
type Add = (group: string, kind: string, name: unknown, namespace?: string) => void;

/** Kinds that an object brings into being, as `group/Kind`. */
export function providesKind(object: KubeObject): string[] {
  if (object.kind !== 'CustomResourceDefinition') return [];
  return [`${String(valueAt(object, ['spec', 'group']))}/${String(valueAt(object, ['spec', 'names', 'kind']))}`];
}
/** Kinds that an object needs to be served. */
export function usesKind(object: KubeObject): string[] {
  return [`${splitApiVersion(object.apiVersion).group}/${object.kind}`];
}
/** Rules for a namespace that must stand before what they rule. */
export function isPolicy(object: KubeObject): boolean {
  return ['ResourceQuota', 'LimitRange', 'NetworkPolicy'].includes(object.kind);
}
export function obeysPolicy(object: KubeObject): boolean {
  return object.kind in podTemplates || object.kind === 'PersistentVolumeClaim';
}
export function isWebhook(object: KubeObject): boolean {
  return object.kind === 'MutatingWebhookConfiguration' || object.kind === 'ValidatingWebhookConfiguration';
}
/** The pod spec inside a workload or Pod; undefined for other kinds. */
export function podSpecPath(kind: string): readonly string[] | undefined {
  return podTemplates[kind];
}

const byKind: Readonly<Record<string, (object: KubeObject, add: Add) => void>> = {
  ServiceAccount: (object, add) => {
    for (const item of items(object, ['imagePullSecrets'])) add('', 'Secret', item['name']);
    for (const item of items(object, ['secrets'])) add('', 'Secret', item['name']);
  },
  Secret: (object, add) => add('', 'ServiceAccount', object.metadata.annotations?.['kubernetes.io/service-account.name']),
  RoleBinding: bindingDependencies,
  ClusterRoleBinding: bindingDependencies,
  HorizontalPodAutoscaler: (object, add) => {
    const target = valueAt(object, ['spec', 'scaleTargetRef']);
    if (isRecord(target)) add(splitApiVersion(String(target['apiVersion'] ?? '')).group, String(target['kind']), target['name']);
  },
  Ingress: (object, add) => {
    add('networking.k8s.io', 'IngressClass', valueAt(object, ['spec', 'ingressClassName']), '');
    for (const tls of items(object, ['spec', 'tls'])) add('', 'Secret', tls['secretName']);
    add('', 'Service', valueAt(object, ['spec', 'defaultBackend', 'service', 'name']));
    for (const rule of items(object, ['spec', 'rules'])) {
      for (const path of items(rule, ['http', 'paths'])) add('', 'Service', valueAt(path, ['backend', 'service', 'name']));
    }
  },
  PersistentVolumeClaim: (object, add) => {
    add('storage.k8s.io', 'StorageClass', valueAt(object, ['spec', 'storageClassName']), '');
    add('', 'PersistentVolume', valueAt(object, ['spec', 'volumeName']), '');
  },
  PersistentVolume: (object, add) => add('storage.k8s.io', 'StorageClass', valueAt(object, ['spec', 'storageClassName']), ''),
  StatefulSet: (object, add) => {
    add('', 'Service', valueAt(object, ['spec', 'serviceName']));
    for (const claim of items(object, ['spec', 'volumeClaimTemplates'])) {
      add('storage.k8s.io', 'StorageClass', valueAt(claim, ['spec', 'storageClassName']), '');
    }
  },
  APIService: (object, add) => {
    add('', 'Service', valueAt(object, ['spec', 'service', 'name']), String(valueAt(object, ['spec', 'service', 'namespace']) ?? ''));
  },
};

function bindingDependencies(object: KubeObject, add: Add): void {
  const role = valueAt(object, ['roleRef']);
  if (isRecord(role)) add(rbac, String(role['kind']), role['name'], role['kind'] === 'ClusterRole' ? '' : undefined);
  for (const subject of items(object, ['subjects'])) {
    if (subject['kind'] === 'ServiceAccount') {
      add('', 'ServiceAccount', subject['name'], typeof subject['namespace'] === 'string' ? subject['namespace'] : undefined);
    }
  }
}

function podDependencies(spec: unknown, add: Add): void {
  add('', 'ServiceAccount', valueAt(spec, ['serviceAccountName']) ?? valueAt(spec, ['serviceAccount']));
  add('scheduling.k8s.io', 'PriorityClass', valueAt(spec, ['priorityClassName']), '');
  add('node.k8s.io', 'RuntimeClass', valueAt(spec, ['runtimeClassName']), '');
  for (const secret of items(spec, ['imagePullSecrets'])) add('', 'Secret', secret['name']);
  for (const container of [...items(spec, ['initContainers']), ...items(spec, ['containers'])]) {
    for (const from of items(container, ['envFrom'])) {
      add('', 'ConfigMap', valueAt(from, ['configMapRef', 'name']));
      add('', 'Secret', valueAt(from, ['secretRef', 'name']));
    }
    for (const variable of items(container, ['env'])) {
      add('', 'ConfigMap', valueAt(variable, ['valueFrom', 'configMapKeyRef', 'name']));
      add('', 'Secret', valueAt(variable, ['valueFrom', 'secretKeyRef', 'name']));
    }
  }
  for (const volume of items(spec, ['volumes'])) volumeDependencies(volume, add);
}
function volumeDependencies(volume: Record<string, unknown>, add: Add): void {
  add('', 'ConfigMap', valueAt(volume, ['configMap', 'name']));
  add('', 'Secret', valueAt(volume, ['secret', 'secretName']));
  add('', 'PersistentVolumeClaim', valueAt(volume, ['persistentVolumeClaim', 'claimName']));
  for (const part of items(volume, ['projected', 'sources'])) {
    add('', 'ConfigMap', valueAt(part, ['configMap', 'name']));
    add('', 'Secret', valueAt(part, ['secret', 'name']));
  }
}

function items(value: unknown, path: readonly string[]): Record<string, unknown>[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found.filter(isRecord) : [];
}
