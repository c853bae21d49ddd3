import type { ApiResponse } from '../../api/http.ts';
import type { ResourceKind } from '../../kinds/kind.ts';
import type { Call } from '../context.ts';
import { approval } from './approval.ts';
import { binding } from './binding.ts';
import { eviction } from './eviction.ts';
import { finalize } from './finalize.ts';
import { log } from './log.ts';
import { ephemeralContainers, resize } from './pod-parts.ts';
import { scale } from './scale.ts';
import { status } from './status.ts';
import { token } from './token.ts';

/** A part of an object with a path of its own behind the object's name. */
export interface Subresource {
  readonly name: string;
  readonly verbs: readonly ('create' | 'get' | 'update' | 'patch')[];
  /** What travels there, where it is not the object itself. */
  readonly body?: { readonly group: string; readonly version: string; readonly kind: string };
  handle(call: Call): Promise<ApiResponse>;
}

export const subresources: readonly Subresource[] = [
  ...[status, scale, approval, ephemeralContainers, resize],
  ...[binding, eviction, finalize, log, token],
];

/** Those that a kind has, in the order of their names. */
export function subresourcesOf(kind: ResourceKind): readonly Subresource[] {
  const { status: hasStatus, scale: hasScale, others = [] } = kind.subresources;
  const has = (name: string) =>
    others.includes(name) || (name === 'status' && hasStatus === true) || (name === 'scale' && hasScale !== undefined);
  return subresources.filter(({ name }) => has(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
}
