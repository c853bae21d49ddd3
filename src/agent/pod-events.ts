import type { KubeObject } from '../api/object.ts';
import type { EventText } from '../reconcile/events.ts';
import type { ContainerState } from './container-state.ts';

/** Tells people what happened to a pod, or to the node. */
export type Tell = (about: KubeObject, type: 'Normal' | 'Warning', what: EventText) => void;

/** What happened to one container, with the place of the container in its pod. */
export function ofContainer({ name, role }: Pick<ContainerState, 'name' | 'role'>, reason: string, message: string): EventText {
  return { reason, message, fieldPath: `spec.${role === 'app' ? 'containers' : 'initContainers'}{${name}}` };
}
