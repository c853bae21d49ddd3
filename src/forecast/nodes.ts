import type { NodeDescription } from '../agent/node.ts';
import type { KubeObject } from '../api/object.ts';
import { isQuantity } from '../api/quantity.ts';
import { isRecord, recordsAt, valueAt } from '../base/json.ts';
import { simulatedNode } from '../controlplane/nodes.ts';
import { podSpecPath } from '../gitops/references.ts';

/**
 * Nodes as a person writes them: `3x4cpu,16Gi` (how many, and of what), several kinds with a semicolon between them, labels with `=`:
 * `3x4cpu,16Gi;1x8cpu,64Gi,disk=ssd,pods=50`. @throws Error that says what is wrong
 */
export function parseNodes(text: string): NodeDescription[] {
  const nodes = text.split(';').flatMap((part) => nodesOf(part.trim()));
  return nodes.map((node, at) => simulatedNode(`node-${at + 1}`, node));
}

function nodesOf(text: string): Pick<NodeDescription, 'capacity' | 'labels'>[] {
  const [, count, rest] = /^(\d{1,4})x(.+)$/s.exec(text) ?? wrong(text, 'it begins with how many there are');
  const parts = (rest as string).split(',').map((part) => part.trim());
  const labels: Record<string, string> = {};
  const capacity: Record<string, string> = { pods: '110', 'ephemeral-storage': '100Gi' };
  for (const part of parts) {
    const [, name, value] = /^([^=]+)=(.*)$/.exec(part) ?? [];
    if (name !== undefined && value !== undefined) {
      if (name === 'pods' || name.includes('.com/')) capacity[name] = value;
      else labels[name] = value;
    } else if (part.endsWith('cpu')) capacity['cpu'] = quantity(part.slice(0, -3), text);
    else capacity['memory'] = quantity(part, text);
  }
  if (capacity['cpu'] === undefined || capacity['memory'] === undefined) wrong(text, 'each has so much cpu and memory');
  return Array.from({ length: Number(count) }, () => ({ capacity, labels }));
}
function quantity(text: string, whole: string): string {
  return isQuantity(text) ? text : wrong(whole, `${JSON.stringify(text)} is no quantity`);
}
function wrong(text: string, why: string): never {
  throw new Error(`nodes ${JSON.stringify(text)}: ${why}, as in 3x4cpu,16Gi`);
}

/** Said in words: `3 of 4 cpu, 16Gi`. */
export function nodesText(nodes: readonly NodeDescription[]): string {
  const counts = new Map<string, number>();
  for (const { allocatable } of nodes) {
    const what = `${allocatable['cpu']} cpu, ${allocatable['memory']}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${count} of ${what}`).join('; ');
}

/** Nodes with room for everything and the labels that pods ask for: where nobody said what nodes there are, nothing is said about them. */
export function roomyNodes(objects: readonly KubeObject[]): NodeDescription[] {
  const wanted = new Map<string, Set<string>>();
  for (const object of objects) {
    const path = podSpecPath(object.kind);
    if (path === undefined) continue;
    for (const [name, values] of asked(valueAt(object, path))) {
      const known = wanted.get(name) ?? new Set();
      wanted.set(name, known);
      for (const value of values) known.add(value);
    }
  }
  const names = [...(wanted.get(hostname) ?? [])].sort();
  const count = Math.max(3, ...[...wanted].filter(([name]) => name !== hostname).map(([, values]) => values.size));
  const numbered = Array.from({ length: count }, (_, at) => `node-${at + 1}`);
  return [...numbered, ...names.filter((name) => !numbered.includes(name))].map((name, at) =>
    simulatedNode(name, { labels: labelsFor(wanted, at) }),
  );
}
const hostname = 'kubernetes.io/hostname';
/** The node agent says these itself. */
const own = new Set([hostname, 'kubernetes.io/os', 'kubernetes.io/arch']);

function labelsFor(wanted: ReadonlyMap<string, ReadonlySet<string>>, at: number): Record<string, string> {
  const labels = [...wanted].filter(([name]) => !own.has(name));
  return Object.fromEntries(labels.map(([name, values]) => [name, [...values].sort()[at % values.size] as string]));
}

function asked(spec: unknown): [string, string[]][] {
  const selector = Object.entries((valueAt(spec, ['nodeSelector']) ?? {}) as Record<string, string>);
  const terms = recordsAt(spec, ['affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms']);
  const expressions = terms.flatMap((term) => recordsAt(term, ['matchExpressions']));
  const required = expressions.flatMap((one): [string, string[]][] => {
    const values = Array.isArray(one['values']) ? one['values'].map(String) : [];
    if (one['operator'] === 'In') return [[String(one['key']), values]];
    return one['operator'] === 'Exists' ? [[String(one['key']), ['true']]] : [];
  });
  return [...selector.map(([name, value]): [string, string[]] => [name, [value]]), ...required];
}

/** Nodes of a captured cluster, with what they have room for; one that takes no pods at all is left out. */
export function nodesFrom(objects: readonly KubeObject[]): NodeDescription[] {
  return objects
    .filter((node) => valueAt(node, ['spec', 'unschedulable']) !== true)
    .map((node) => {
      const amounts = (name: string) => texts(valueAt(node, ['status', name]));
      const capacity = amounts('capacity');
      const allocatable = { ...capacity, ...amounts('allocatable') };
      // As the API server that had it took it.
      const taints = recordsAt(node, ['spec', 'taints']) as unknown as NonNullable<NodeDescription['taints']>;
      const { name, labels = {} } = node.metadata;
      return simulatedNode(name, { labels, ...(Object.keys(capacity).length > 0 ? { capacity, allocatable } : {}), taints });
    });
}
function texts(value: unknown): Record<string, string> {
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([name, amount]) => [name, String(amount)])) : {};
}
