import { refText, type KubeObject, type ObjectRef } from '../api/object.ts';
import { isRecord, jsonEqual, valueAt } from '../base/json.ts';
import { podSpecPath, referencesOf, type Reference } from './references.ts';

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
  for (const reference of referencesOf(workload)) {
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
