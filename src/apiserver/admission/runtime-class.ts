import type { PodSpec, Toleration } from '../../api/kinds.generated.ts';
import type { KubeObject } from '../../api/object.ts';
import { compareQuantities } from '../../api/quantity.ts';
import { jsonEqual } from '../../base/json.ts';
import type { AdmissionPlugin, Attempt } from './index.ts';
import { newPod, refused } from './refusal.ts';

interface RuntimeClassShape extends KubeObject {
  readonly overhead?: { readonly podFixed?: Readonly<Record<string, string>> };
  readonly scheduling?: { readonly nodeSelector?: Readonly<Record<string, string>>; readonly tolerations?: readonly Toleration[] };
}

/** Gives a pod what its runtime class costs beside its containers, and the nodes that have it (kubernetes, plugin RuntimeClass). */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  mutate: (attempt) => {
    const spec = newPod(attempt)?.spec;
    return (spec?.runtimeClassName ?? '') === '' ? undefined : settle(attempt, spec as PodSpec);
  },
  validate: (attempt) => {
    const spec = newPod(attempt)?.spec;
    if (spec === undefined || (spec.overhead === undefined && (spec.runtimeClassName ?? '') === '')) return undefined;
    return checkOverhead(attempt, spec);
  },
};

async function find(attempt: Attempt, name: string): Promise<RuntimeClassShape> {
  const entry = await attempt.call.server.store.get(`node.k8s.io/runtimeclasses//${name}`);
  if (entry === undefined) throw refused(attempt, `pod rejected: RuntimeClass "${name}" not found`);
  return entry.value() as RuntimeClassShape;
}

async function settle(attempt: Attempt, spec: PodSpec): Promise<void> {
  const { overhead, scheduling } = await find(attempt, spec.runtimeClassName ?? '');
  if (overhead?.podFixed !== undefined) {
    if (spec.overhead !== undefined && !sameAmounts(spec.overhead, overhead.podFixed)) throw refused(attempt, mismatch);
    spec.overhead = { ...overhead.podFixed };
  }
  select(attempt, spec, scheduling?.nodeSelector ?? {});
  const had = spec.tolerations ?? [];
  const more = (scheduling?.tolerations ?? []).filter((one) => !had.some((other) => jsonEqual(one, other)));
  if (more.length > 0) spec.tolerations = [...had, ...more];
}

function select(attempt: Attempt, spec: PodSpec, selector: Readonly<Record<string, string>>): void {
  for (const key of Object.keys(selector).sort()) {
    const own = spec.nodeSelector?.[key];
    if (own === undefined || own === selector[key]) continue;
    const both = `runtimeClass.scheduling.nodeSelector[${key}] = ${selector[key]}; pod.spec.nodeSelector[${key}] = ${own}`;
    throw refused(attempt, `conflict: ${both}`);
  }
  if (Object.keys(selector).length > 0) spec.nodeSelector = { ...spec.nodeSelector, ...selector };
}

const mismatch = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

async function checkOverhead(attempt: Attempt, spec: PodSpec): Promise<void> {
  const name = spec.runtimeClassName ?? '';
  const fixed = name === '' ? undefined : (await find(attempt, name)).overhead?.podFixed;
  if (fixed === undefined) {
    if (spec.overhead === undefined) return;
    throw refused(attempt, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  }
  if (!sameAmounts(spec.overhead ?? {}, fixed)) throw refused(attempt, mismatch);
}

function sameAmounts(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => b[name] !== undefined && compareQuantities(a[name] ?? '', b[name]) === 0)
  );
}
