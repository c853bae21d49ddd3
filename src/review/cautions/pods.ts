import { refOf, refText, splitApiVersion, type KubeObject } from '../../api/object.ts';
import { selects, SelectorError, type LabelSelector } from '../../api/selector.ts';
import { isRecord, recordsAt, valueAt } from '../../base/json.ts';
import { podSpecPath } from '../../gitops/references.ts';
import { isCustomGroup } from '../../gitops/still.ts';

/** Something that makes pods, or is one. */
export interface Workload {
  readonly object: KubeObject;
  /** `apps/Deployment shop/web` */
  readonly name: string;
  /** Of its pods, as the template says. */
  readonly labels: Readonly<Record<string, string>>;
  /** Labels whose values are known only of a pod that is there. */
  readonly given: ReadonlySet<string>;
  readonly spec: Record<string, unknown>;
  /** `spec.template.spec` */
  readonly path: string;
}
export interface Container {
  readonly name: string;
  readonly list: 'initContainers' | 'containers';
  readonly spec: Record<string, unknown>;
  /** `spec.template.spec.containers[web]` */
  readonly path: string;
}

const jobLabels = ['job-name', 'controller-uid', 'batch.kubernetes.io/job-name', 'batch.kubernetes.io/controller-uid'];
const givenLabels: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['pod-template-hash'],
  ReplicaSet: ['pod-template-hash'],
  DaemonSet: ['controller-revision-hash', 'pod-template-generation'],
  StatefulSet: ['controller-revision-hash', 'statefulset.kubernetes.io/pod-name', 'apps.kubernetes.io/pod-index'],
  Job: [...jobLabels, 'batch.kubernetes.io/job-completion-index'],
  CronJob: [...jobLabels, 'batch.kubernetes.io/job-completion-index'],
};

/** A workload of any kind that carries a pod template, custom kinds too; undefined for others. */
export function workloadOf(object: KubeObject): Workload | undefined {
  const path = podSpecPath(object.kind) ?? ['spec', 'template', 'spec'];
  const spec = valueAt(object, path);
  if (!isRecord(spec) || !Array.isArray(spec['containers'])) return undefined;
  const labels = valueAt(object, object.kind === 'Pod' ? ['metadata', 'labels'] : [...path.slice(0, -1), 'metadata', 'labels']);
  return {
    object,
    name: refText(refOf(object)),
    labels: isRecord(labels) ? (labels as Record<string, string>) : {},
    given: new Set(givenLabels[object.kind] ?? []),
    spec,
    path: path.join('.'),
  };
}

/** Init containers first. */
export function containersOf({ spec, path }: Workload): Container[] {
  return (['initContainers', 'containers'] as const).flatMap((list) =>
    recordsAt(spec, [list]).map((container) => {
      const name = String(container['name']);
      return { name, list, spec: container, path: `${path}.${list}[${name}]` };
    }),
  );
}

/** Does a selector select the pods of a workload? A selector that cannot be read selects nothing. */
export function selectsPods(selector: LabelSelector | undefined, { labels, given }: Pick<Workload, 'labels' | 'given'>): boolean {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  for (const key in matchLabels) if (labels[key] !== matchLabels[key] && !given.has(key)) return false;
  if (matchExpressions.length === 0) return true;
  try {
    return selects({ matchExpressions: matchExpressions.filter(({ key }) => !given.has(key)) }, labels);
  } catch (error) {
    if (error instanceof SelectorError) return false;
    throw error;
  }
}

/** The selector in a field, as far as it has the shape of one: manifests come from anybody. */
export function selectorAt(object: KubeObject, path: readonly string[]): LabelSelector | undefined {
  const found = valueAt(object, path);
  return isRecord(found) ? labelSelectorOf(found) : undefined;
}
export function labelSelectorOf(found: Readonly<Record<string, unknown>>): LabelSelector {
  const { matchLabels } = found;
  const expressions = recordsAt(found, ['matchExpressions']).map(({ key, operator, values }) => ({
    key: String(key),
    operator: String(operator),
    ...(Array.isArray(values) ? { values: values.map(String) } : {}),
  }));
  return {
    ...(isRecord(matchLabels) ? { matchLabels: matchLabels as Record<string, string> } : {}),
    ...(expressions.length > 0 ? { matchExpressions: expressions } : {}),
  };
}

/** Groups of custom kinds that bring no pods of their own, as far as one can know. */
const idleGroups: ReadonlySet<string> = new Set([
  'bitnami.com',
  'cert-manager.io',
  'cilium.io',
  'external-secrets.io',
  'generators.external-secrets.io',
  'grafana.integreatly.org',
  'notification.toolkit.fluxcd.io',
  'source.toolkit.fluxcd.io',
  'steersman.dev',
  'traefik.io',
]);
const idleKinds: ReadonlySet<string> = new Set([
  'keda.sh/ScaledObject',
  'keda.sh/TriggerAuthentication',
  'monitoring.coreos.com/AlertmanagerConfig',
  'monitoring.coreos.com/PodMonitor',
  'monitoring.coreos.com/Probe',
  'monitoring.coreos.com/PrometheusRule',
  'monitoring.coreos.com/ScrapeConfig',
  'monitoring.coreos.com/ServiceMonitor',
]);
/** True of a custom object that carries no pod template and whose operator may make pods all the same. */
export function mayMakePods(object: KubeObject): boolean {
  const { group } = splitApiVersion(object.apiVersion);
  return isCustomGroup(group) && !idleGroups.has(group) && !idleKinds.has(`${group}/${object.kind}`);
}
