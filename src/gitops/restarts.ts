import { refText, splitApiVersion, type KubeObject, type ObjectRef } from '../api/object.ts';
import type { Rollout } from '../api/forecast.ts';
import { isRecord, jsonEqual, setOwn, valueAt } from '../base/json.ts';
import { fieldChanges } from './changes.ts';
import { podSpecPath, referencesOf, type Reference } from './references.ts';
import type { Shape } from './shape.ts';

/** One reason for which pods are replaced. */
export type RestartCause = Rollout['because'][number];

const rolling: ReadonlySet<string> = new Set(['apps/Deployment', 'apps/StatefulSet', 'apps/DaemonSet']);

/**
 * Why a change of a workload replaces its pods: the fields of its pod template, and the ConfigMaps and Secrets that it reads under another
 * name from now on. Empty where its pods stay: nothing of the template changes, or its strategy waits until somebody deletes them. Both
 * sides must be spelled alike, as two stored objects are. Pure.
 */
export function restartCauses(before: KubeObject, after: KubeObject): RestartCause[] {
  if (!rolling.has(`${splitApiVersion(after.apiVersion).group}/${after.kind}`) || waits(after)) return [];
  const [old, now] = [valueAt(before, ['spec', 'template']), valueAt(after, ['spec', 'template'])];
  if (jsonEqual(old, now)) return [];
  const renamed = renamedSources(before, after);
  const same = withNames(old, new Map(renamed.map(({ from, to }) => [from, to])));
  const fields = fieldChanges({ spec: { template: same } }, { spec: { template: now } }, shapeNamed(''));
  return [
    ...fields.map(({ path }): RestartCause => ({ what: 'field', name: path })),
    ...renamed.map(({ what, to }) => ({ what, name: to })),
  ];
}
function waits(workload: KubeObject): boolean {
  return valueAt(workload, ['spec', 'updateStrategy', 'type']) === 'OnDelete' || valueAt(workload, ['spec', 'paused']) === true;
}

interface Renamed {
  readonly what: 'ConfigMap' | 'Secret';
  readonly from: string;
  readonly to: string;
}
/** Sources that are read at the same place under another name, as a generator gives them when their content changes. */
function renamedSources(before: KubeObject, after: KubeObject): Renamed[] {
  const old = new Map(sourcesOf(before).map(({ field, ref }) => [`${field} ${ref.kind}`, ref.name]));
  const found = sourcesOf(after).flatMap(({ field, ref }): Renamed[] => {
    const from = old.get(`${field} ${ref.kind}`);
    if (from === undefined || from === ref.name || stem(from) !== stem(ref.name)) return [];
    return [{ what: ref.kind as Renamed['what'], from, to: ref.name }];
  });
  return [...new Map(found.map((each) => [`${each.what} ${each.to}`, each])).values()];
}
/** The value with texts that are such a name as the others. */
function withNames(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return names.get(value) ?? value;
  if (names.size === 0) return value;
  if (Array.isArray(value)) return value.map((item) => withNames(item, names));
  if (!isRecord(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) setOwn(out, key, withNames(item, names));
  return out;
}
/** Without the hash that kustomize puts behind a generated name. */
function stem(name: string): string {
  return name.replace(/-[a-z0-9]{10}$/, '');
}
function sourcesOf(workload: KubeObject): Reference[] {
  return referencesOf(workload).filter(({ read }) => read !== undefined);
}

/** Keys by which the lists of a pod template are told apart. */
const listKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  volumes: ['name'],
  env: ['name'],
  volumeMounts: ['mountPath'],
  ports: ['containerPort', 'protocol'],
  imagePullSecrets: ['name'],
  hostAliases: ['ip'],
};
function shapeNamed(name: string): Shape {
  const keys = Object.hasOwn(listKeys, name) ? (listKeys[name] as readonly string[]) : [];
  return {
    list: keys.length > 0 ? 'map' : undefined,
    keys,
    atomicMap: false,
    property: (inner) => shapeNamed(inner),
    items: () => shapeNamed(''),
  };
}

/** A source that changes while pods that have read it go on with what they read. */
export interface StaleRead {
  readonly source: ObjectRef;
  readonly read: 'env' | 'subPath';
  readonly fields: readonly string[];
}
/**
 * What a workload reads once and that changes without its pods being replaced: variables of the environment, and files that are mounted
 * by a subPath. A change of a ConfigMap or Secret restarts nothing by itself; whole volumes follow it while the pods run. `changed` by
 * `refText`. Pure.
 */
export function staleReads(workload: KubeObject, changed: ReadonlyMap<string, SourceChange>): StaleRead[] {
  if (workload.kind === 'Job' || workload.kind === 'CronJob' || valueAt(workload, ['spec', 'replicas']) === 0) return [];
  const out = new Map<string, { source: ObjectRef; read: 'env' | 'subPath'; fields: string[] }>();
  for (const reference of sourcesOf(workload)) {
    const change = changed.get(refText(reference.ref));
    if (change === undefined || reference.read === undefined || reference.read === 'files' || !touches(reference, change)) continue;
    const key = `${reference.read} ${refText(reference.ref)}`;
    const known = out.get(key) ?? { source: reference.ref, read: reference.read, fields: [] };
    known.fields.push(reference.field);
    out.set(key, known);
  }
  return [...out.values()];
}

/** Which keys of a ConfigMap or Secret get another value, come and go. */
export interface SourceChange {
  readonly keys: ReadonlySet<string>;
}
export function sourceChange(before: KubeObject, after: KubeObject): SourceChange {
  const keys = new Set<string>();
  for (const field of ['data', 'binaryData', 'stringData']) {
    const [old, now] = [valueAt(before, [field]), valueAt(after, [field])].map((value) => (isRecord(value) ? value : {}));
    for (const key of new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})])) {
      if (!jsonEqual(own(old, key), own(now, key))) keys.add(key);
    }
  }
  return { keys };
}
function own(values: Record<string, unknown> | undefined, key: string): unknown {
  return values !== undefined && Object.hasOwn(values, key) ? values[key] : undefined;
}
/** What is read as a whole is touched by any key. */
function touches({ keys }: Reference, change: SourceChange): boolean {
  return keys.length === 0 ? change.keys.size > 0 : keys.some((key) => change.keys.has(key));
}

const reloading: readonly RegExp[] = [
  /^([a-z]+\.)?reloader\.stakater\.com\/(auto|reload|search)$/,
  /^wave\.pusher\.com\/update-on-config-change$/,
];
/** The annotation by which a controller beside Kubernetes is asked to restart a workload when what it reads changes; undefined without one. */
export function reloadedBy(workload: KubeObject): string | undefined {
  const path = podSpecPath(workload.kind)?.slice(0, -1) ?? [];
  const both = [workload.metadata.annotations, valueAt(workload, [...path, 'metadata', 'annotations'])];
  for (const annotations of both) {
    if (!isRecord(annotations)) continue;
    const name = Object.keys(annotations).find((each) => annotations[each] !== 'false' && reloading.some((pattern) => pattern.test(each)));
    if (name !== undefined) return name;
  }
  return undefined;
}
