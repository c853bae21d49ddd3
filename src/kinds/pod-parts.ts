import type { Container, Pod, PodSpec } from '../api/kinds.generated.ts';
import { clone, isRecord } from '../base/json.ts';

/** The old specification with the new ephemeral containers (kubernetes v1.35, dropNonEphemeralContainerUpdates). */
export function withEphemeralContainers(next: PodSpec, old: Readonly<PodSpec>): PodSpec {
  const { ephemeralContainers: _before, ...rest } = clone(old) as PodSpec;
  const { ephemeralContainers } = next;
  return { ...rest, ...(ephemeralContainers !== undefined && { ephemeralContainers }) };
}

/**
 * The old specification with the new amounts and resize policies of its containers (kubernetes v1.35, dropNonResizeUpdates). Undefined when
 * there are more or fewer containers, and so none to tell which is which; with other names they stay as they are sent.
 */
export function withAmounts(next: PodSpec, old: Readonly<PodSpec>): PodSpec | undefined {
  const lists = ['containers', 'initContainers'] as const;
  if (lists.some((list) => !areContainers(next[list] ?? []) || (next[list] ?? []).length !== (old[list] ?? []).length)) return undefined;
  const spec = clone(old) as PodSpec;
  for (const list of lists) {
    const containers = spec[list];
    if (containers !== undefined) spec[list] = amountsOf(next[list] ?? [], containers);
  }
  return spec;
}
/** Of a kind that can be looked into at all: these come before validation. */
function areContainers(value: unknown): value is Container[] {
  return Array.isArray(value) && value.every(isRecord);
}
function amountsOf(next: Container[], old: readonly Container[]): Container[] {
  if (next.some(({ name }, index) => name !== old[index]?.name)) return next;
  return old.map(({ resources: _resources, resizePolicy: _policy, ...rest }, index) => ({ ...rest, ...amounts(next[index] as Container) }));
}
function amounts({ resources, resizePolicy }: Container): Pick<Container, 'resources' | 'resizePolicy'> {
  return { ...(resources !== undefined && { resources }), ...(resizePolicy !== undefined && { resizePolicy }) };
}

/** The subresources that are parts of a pod's specification. */
export type PodPart = 'ephemeralcontainers' | 'resize';
export function isPodPart(subresource: string | undefined): subresource is PodPart {
  return subresource === 'ephemeralcontainers' || subresource === 'resize';
}

/** What a write of one part may leave of a specification; undefined when it cannot be told, and validation says why. */
export function writtenSpec(next: PodSpec | undefined, old: Readonly<PodSpec>, part: PodPart): PodSpec | undefined {
  if (next === undefined) return part === 'resize' ? undefined : withEphemeralContainers({ containers: [] }, old);
  if (!isRecord(next)) return undefined;
  return part === 'resize' ? withAmounts(next, old) : withEphemeralContainers(next, old);
}

/** Of an applied pod what a part may own. */
export function appliedSpec({ spec }: Pick<Pod, 'spec'>, part: PodPart): Partial<PodSpec> {
  if (part === 'ephemeralcontainers') {
    return spec.ephemeralContainers === undefined ? {} : { ephemeralContainers: spec.ephemeralContainers };
  }
  const bare = (containers: readonly Container[]) =>
    areContainers(containers) ? containers.map((container) => ({ name: container.name, ...amounts(container) }) as Container) : containers;
  return {
    ...(spec.containers !== undefined && { containers: bare(spec.containers) as Container[] }),
    ...(spec.initContainers !== undefined && { initContainers: bare(spec.initContainers) as Container[] }),
  };
}
