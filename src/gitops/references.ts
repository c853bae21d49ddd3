import { refText, splitApiVersion, type KubeObject, type ObjectRef } from '../api/object.ts';
import { isRecord, recordsAt, valueAt } from '../base/json.ts';

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

/** One place where an object names another. */
export interface Reference {
  readonly ref: ObjectRef;
  /** `spec.template.spec.containers[web].envFrom[0]` */
  readonly field: string;
  /** It may be absent, as the object itself says. */
  readonly optional: boolean;
  /** Of a ConfigMap or Secret: the keys that are asked for by name. */
  readonly keys: readonly string[];
  /** Of a ConfigMap or Secret, how a pod comes by it: `env` is read once, when a container starts; a `subPath` never changes either. */
  readonly read?: 'env' | 'files' | 'subPath';
}
/** Where other objects are named, in the order of the fields, without the Namespace. Whether they exist is not asked. */
export function referencesOf(object: KubeObject): Reference[] {
  const out: Reference[] = [];
  const add: Add = (to, field, more = {}) => {
    const { group = '', kind, name, namespace = object.metadata.namespace ?? '' } = to;
    if (typeof name !== 'string' || name === '') return;
    out.push({ ref: { group, kind, namespace, name }, field, optional: false, keys: [], ...more });
  };
  const template = podTemplates[object.kind];
  if (template !== undefined) podReferences(valueAt(object, template), template.join('.'), add);
  byKind[object.kind]?.(object, add);
  return out;
}

/** The objects that must be there before this one, as `refText` writes them. */
export function dependenciesOf(object: KubeObject): string[] {
  const namespace = object.metadata.namespace ?? '';
  const space = namespace === '' ? [] : [refText({ group: '', kind: 'Namespace', namespace: '', name: namespace })];
  return [...new Set([...space, ...referencesOf(object).map(({ ref }) => refText(ref))])];
}
interface Target {
  readonly group?: string;
  readonly kind: string;
  readonly name: unknown;
  /** Default: that of the object. */
  readonly namespace?: string;
}
type Add = (to: Target, field: string, more?: Partial<Pick<Reference, 'optional' | 'keys' | 'read'>>) => void;

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
  return Object.hasOwn(podTemplates, kind) ? podTemplates[kind] : undefined;
}

const byKind: Readonly<Record<string, (object: KubeObject, add: Add) => void>> = {
  ServiceAccount: (object, add) => {
    for (const field of ['imagePullSecrets', 'secrets']) {
      for (const item of recordsAt(object, [field])) add({ kind: 'Secret', name: item['name'] }, field);
    }
  },
  Secret: (object, add) => {
    const annotation = 'kubernetes.io/service-account.name';
    add({ kind: 'ServiceAccount', name: object.metadata.annotations?.[annotation] }, `metadata.annotations[${annotation}]`);
  },
  RoleBinding: bindingReferences,
  ClusterRoleBinding: bindingReferences,
  HorizontalPodAutoscaler: (object, add) => {
    const target = valueAt(object, ['spec', 'scaleTargetRef']);
    if (!isRecord(target)) return;
    const { group } = splitApiVersion(String(target['apiVersion'] ?? ''));
    add({ group, kind: String(target['kind']), name: target['name'] }, 'spec.scaleTargetRef');
  },
  Ingress: ingressReferences,
  PersistentVolumeClaim: (object, add) => {
    addClass(valueAt(object, ['spec', 'storageClassName']), 'spec.storageClassName', add);
    const name = valueAt(object, ['spec', 'volumeName']);
    add({ kind: 'PersistentVolume', name, namespace: '' }, 'spec.volumeName');
  },
  PersistentVolume: (object, add) => addClass(valueAt(object, ['spec', 'storageClassName']), 'spec.storageClassName', add),
  StatefulSet: (object, add) => {
    add({ kind: 'Service', name: valueAt(object, ['spec', 'serviceName']) }, 'spec.serviceName');
    for (const claim of recordsAt(object, ['spec', 'volumeClaimTemplates'])) {
      const at = `spec.volumeClaimTemplates[${String(valueAt(claim, ['metadata', 'name']))}].spec.storageClassName`;
      addClass(valueAt(claim, ['spec', 'storageClassName']), at, add);
    }
  },
  APIService: (object, add) => {
    const namespace = String(valueAt(object, ['spec', 'service', 'namespace']) ?? '');
    add({ kind: 'Service', name: valueAt(object, ['spec', 'service', 'name']), namespace }, 'spec.service');
  },
};

function addClass(name: unknown, field: string, add: Add): void {
  add({ group: 'storage.k8s.io', kind: 'StorageClass', name, namespace: '' }, field);
}

function ingressReferences(object: KubeObject, add: Add): void {
  const className = valueAt(object, ['spec', 'ingressClassName']);
  add({ group: 'networking.k8s.io', kind: 'IngressClass', name: className, namespace: '' }, 'spec.ingressClassName');
  recordsAt(object, ['spec', 'tls']).forEach((tls, index) =>
    add({ kind: 'Secret', name: tls['secretName'] }, `spec.tls[${index}].secretName`),
  );
  for (const { service, field } of ingressBackends(object)) add({ kind: 'Service', name: service['name'] }, field);
}
/** Every Service that an Ingress sends to, with its port, and the field that says so. */
export function ingressBackends(object: KubeObject): { readonly service: Record<string, unknown>; readonly field: string }[] {
  const fallback = valueAt(object, ['spec', 'defaultBackend', 'service']);
  const out = isRecord(fallback) ? [{ service: fallback, field: 'spec.defaultBackend.service' }] : [];
  for (const [index, rule] of recordsAt(object, ['spec', 'rules']).entries()) {
    const host = typeof rule['host'] === 'string' ? rule['host'] : String(index);
    for (const path of recordsAt(rule, ['http', 'paths'])) {
      const service = valueAt(path, ['backend', 'service']);
      const at = `spec.rules[${host}].http.paths[${String(path['path'] ?? '/')}].backend.service`;
      if (isRecord(service)) out.push({ service, field: at });
    }
  }
  return out;
}

function bindingReferences(object: KubeObject, add: Add): void {
  const role = valueAt(object, ['roleRef']);
  if (isRecord(role)) {
    const space = role['kind'] === 'ClusterRole' ? { namespace: '' } : {};
    add({ group: rbac, kind: String(role['kind']), name: role['name'], ...space }, 'roleRef');
  }
  for (const subject of recordsAt(object, ['subjects'])) {
    if (subject['kind'] !== 'ServiceAccount') continue;
    const space = typeof subject['namespace'] === 'string' ? { namespace: subject['namespace'] } : {};
    add({ kind: 'ServiceAccount', name: subject['name'], ...space }, `subjects[${String(subject['name'])}]`);
  }
}

function podReferences(spec: unknown, at: string, add: Add): void {
  add(
    { kind: 'ServiceAccount', name: valueAt(spec, ['serviceAccountName']) ?? valueAt(spec, ['serviceAccount']) },
    `${at}.serviceAccountName`,
  );
  const cluster = { namespace: '' };
  const priority = valueAt(spec, ['priorityClassName']);
  add({ group: 'scheduling.k8s.io', kind: 'PriorityClass', name: priority, ...cluster }, `${at}.priorityClassName`);
  add({ group: 'node.k8s.io', kind: 'RuntimeClass', name: valueAt(spec, ['runtimeClassName']), ...cluster }, `${at}.runtimeClassName`);
  for (const secret of recordsAt(spec, ['imagePullSecrets'])) add({ kind: 'Secret', name: secret['name'] }, `${at}.imagePullSecrets`);
  for (const list of ['initContainers', 'containers']) {
    for (const container of recordsAt(spec, [list])) containerReferences(container, `${at}.${list}[${String(container['name'])}]`, add);
  }
  const narrow = subPathVolumes(spec);
  for (const volume of recordsAt(spec, ['volumes'])) {
    const name = String(volume['name']);
    volumeReferences(volume, { at: `${at}.volumes[${name}]`, read: narrow.has(name) ? 'subPath' : 'files' }, add);
  }
}

/** Volumes of which every mount is of a path inside: what is mounted so never changes while the container runs. */
function subPathVolumes(spec: unknown): Set<string> {
  const whole = new Set<unknown>();
  const narrow = new Set<string>();
  for (const container of [...recordsAt(spec, ['initContainers']), ...recordsAt(spec, ['containers'])]) {
    for (const mount of recordsAt(container, ['volumeMounts'])) {
      const inside = Boolean(mount['subPath'] ?? mount['subPathExpr']);
      if (inside) narrow.add(String(mount['name']));
      else whole.add(mount['name']);
    }
  }
  return new Set([...narrow].filter((name) => !whole.has(name)));
}

const sources = [
  ['ConfigMap', 'configMapRef', 'configMapKeyRef'],
  ['Secret', 'secretRef', 'secretKeyRef'],
] as const;
function containerReferences(container: Record<string, unknown>, at: string, add: Add): void {
  for (const [kind, whole, single] of sources) {
    for (const [index, from] of recordsAt(container, ['envFrom']).entries()) {
      const more = { optional: valueAt(from, [whole, 'optional']) === true, read: 'env' } as const;
      add({ kind, name: valueAt(from, [whole, 'name']) }, `${at}.envFrom[${index}]`, more);
    }
    for (const variable of recordsAt(container, ['env'])) {
      const from = valueAt(variable, ['valueFrom', single]);
      const key = valueAt(from, ['key']);
      const keys = typeof key === 'string' ? [key] : [];
      const more = { optional: valueAt(from, ['optional']) === true, keys, read: 'env' } as const;
      add({ kind, name: valueAt(from, ['name']) }, `${at}.env[${String(variable['name'])}]`, more);
    }
  }
}

function volumeReferences(volume: Record<string, unknown>, place: { at: string; read: 'files' | 'subPath' }, add: Add): void {
  const from = (source: unknown, kind: string, name: unknown): void => {
    const keys = recordsAt(source, ['items']).flatMap(({ key }) => (typeof key === 'string' ? [key] : []));
    add({ kind, name }, place.at, { optional: valueAt(source, ['optional']) === true, keys, read: place.read });
  };
  from(volume['configMap'], 'ConfigMap', valueAt(volume, ['configMap', 'name']));
  from(volume['secret'], 'Secret', valueAt(volume, ['secret', 'secretName']));
  add({ kind: 'PersistentVolumeClaim', name: valueAt(volume, ['persistentVolumeClaim', 'claimName']) }, place.at);
  for (const part of recordsAt(volume, ['projected', 'sources'])) {
    from(part['configMap'], 'ConfigMap', valueAt(part, ['configMap', 'name']));
    from(part['secret'], 'Secret', valueAt(part, ['secret', 'name']));
  }
}
