import { splitApiVersion } from '../../api/object.ts';
import { isRecord } from '../../base/json.ts';
import type { Closure } from './closure.ts';

/**
 * Kustomize spends most of a build on starting and on reading its schemas, so builds that cannot see each other share one run: as the
 * resources of one kustomization above them. That resolves references among all of them at once, so they may share a run only where no
 * reference can lead from one into another: each puts all of its objects into a namespace that no other of the run uses, and none of
 * the objects is of the cluster or a RoleBinding (kustomize looks for what an object refers to in its namespace, among objects of the
 * cluster, and in the namespaces of a RoleBinding's subjects). The first half is decided by the kustomizations, the second by the output.
 */
export const mostInBatch = 24;

/** Fields that reach beyond their own kustomization, or that count at the top alone. */
const reaching = [
  'vars',
  'configurations',
  'crds',
  'openapi',
  'generators',
  'transformers',
  'validators',
  'helmCharts',
  'helmChartInflationGenerator',
];

/** The namespace that a build puts everything into, where it may share a run. */
export function ownNamespace({ root, kustomizations, rootIsData, rootFile }: Closure): string | undefined {
  const { namespace, buildMetadata } = root.value;
  if (typeof namespace !== 'string' || namespace === '' || buildMetadata !== undefined || rootIsData) return undefined;
  for (const [path, { value }] of kustomizations) {
    if (reaching.some((field) => value[field] !== undefined)) return undefined;
    if (path !== rootFile && value['buildMetadata'] !== undefined) return undefined;
  }
  return namespace;
}

/** Takes from what waits those that may share a run with the first. What may not is left. */
export function takeBatch<T extends { readonly closure: Closure; readonly group: string }>(waiting: T[]): T[] {
  const first = waiting.shift();
  if (first === undefined) return [];
  const batch = [first];
  const namespace = ownNamespace(first.closure);
  if (namespace === undefined) return batch;
  const namespaces = new Set([namespace]);
  const roots = new Set([first.closure.rootFile]);
  const files = new Set(first.closure.files.map((file) => file.path));
  for (let at = 0; at < waiting.length && batch.length < mostInBatch;) {
    const next = waiting[at] as T;
    const own = ownNamespace(next.closure);
    const { rootFile } = next.closure;
    const apart =
      next.group === first.group &&
      own !== undefined &&
      !namespaces.has(own) &&
      !files.has(rootFile) &&
      !next.closure.files.some((file) => roots.has(file.path));
    if (!apart) {
      at++;
      continue;
    }
    waiting.splice(at, 1);
    batch.push(next);
    namespaces.add(own);
    roots.add(rootFile);
    for (const file of next.closure.files) files.add(file.path);
  }
  return batch;
}

/** Objects of each namespace, in the order of the namespaces; undefined where some could have been mixed up. */
export function partsOf(
  objects: readonly Readonly<Record<string, unknown>>[],
  namespaces: readonly string[],
): Readonly<Record<string, unknown>>[][] | undefined {
  const parts = new Map<string, Readonly<Record<string, unknown>>[]>(namespaces.map((namespace) => [namespace, []]));
  for (const object of objects) {
    const metadata = object['metadata'];
    const namespace = isRecord(metadata) ? metadata['namespace'] : undefined;
    const part = typeof namespace === 'string' ? parts.get(namespace) : undefined;
    if (part === undefined || reachesOut(object)) return undefined;
    part.push(object);
  }
  return [...parts.values()];
}
/** A RoleBinding's subjects name namespaces. */
function reachesOut(object: Readonly<Record<string, unknown>>): boolean {
  return splitApiVersion(String(object['apiVersion'])).group === 'rbac.authorization.k8s.io';
}
