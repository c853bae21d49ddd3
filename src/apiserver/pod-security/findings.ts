import type { Container, Pod, PodSpec } from '../../api/kinds.generated.ts';

/** What one rule of a level has against a pod. */
export interface Finding {
  readonly reason: string;
  readonly detail: string;
}
export type PodLike = Pick<Pod, 'metadata'> & { readonly spec: PodSpec };
/** Undefined when there is nothing to say. */
export type Check = (pod: PodLike) => Finding | undefined;
type Context = NonNullable<Container['securityContext']>;

/** Of every sort; the three have the fields that matter in common. */
export function containersOf({ initContainers = [], containers, ephemeralContainers = [] }: PodSpec): readonly Container[] {
  return [...initContainers, ...containers, ...(ephemeralContainers as readonly unknown[] as readonly Container[])];
}
/** Names of the containers whose security context is such. */
export function named({ spec }: PodLike, is: (context: Context | undefined, container: Container) => boolean): string[] {
  return containersOf(spec)
    .filter((container) => is(container.securityContext, container))
    .map(({ name }) => name);
}

export function plural(one: string, many: string, count: number): string {
  return count === 1 ? one : many;
}
export function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(', ');
}
/** Each once, in order. */
export function sorted(values: Iterable<string>): string[] {
  return [...new Set(values)].sort();
}
/** `container "a"`, `containers "a", "b"`. */
export function containersText(names: readonly string[]): string {
  return `${plural('container', 'containers', names.length)} ${quoted(names)}`;
}
/** `pod and containers "a", "b"`; undefined when nobody did it. */
export function setters(pod: boolean, containers: readonly string[]): string | undefined {
  const who = [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [containersText(containers)] : [])];
  return who.length === 0 ? undefined : who.join(' and ');
}
