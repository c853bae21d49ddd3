import type { Endpoint, EndpointSlice } from '../../api/kinds.generated.ts';
import { jsonEqual } from '../../base/json.ts';
import type { EndpointGroup } from './endpoints.ts';

/** How the slices of one group must change. */
export interface Packing {
  /** The endpoints of each new slice. */
  readonly create: readonly (readonly Endpoint[])[];
  readonly update: readonly { readonly slice: Readonly<EndpointSlice>; readonly endpoints: readonly Endpoint[] }[];
  readonly remove: readonly Readonly<EndpointSlice>[];
}

/**
 * Spreads endpoints over slices of at most `most` with few writes, as upstream: slices keep the endpoints they have; what is new goes
 * first into slices that change anyway, fullest first, then into one that has room for all the rest, else into new slices.
 */
export function packEndpoints(group: EndpointGroup, existing: readonly Readonly<EndpointSlice>[], most = 100): Packing {
  const left = new Map(group.endpoints);
  const drafts = existing.map((slice) => draftOf(slice, left));
  let rest = [...left.values()];
  for (const draft of drafts.filter((each) => each.changed && each.endpoints.length > 0).sort(fullestFirst)) rest = fill(draft, rest, most);
  const whole = Math.floor(rest.length / most) * most;
  const create: (readonly Endpoint[])[] = [];
  for (let at = 0; at < whole; at += most) create.push(rest.slice(at, at + most));
  rest = rest.slice(whole);
  if (rest.length > 0) {
    const home = drafts.filter((each) => each.endpoints.length + rest.length <= most).sort(fullestFirst)[0];
    if (home === undefined) create.push(rest);
    else fill(home, rest, most);
  }
  return {
    create,
    update: drafts.filter((each) => each.changed && each.endpoints.length > 0).map(({ slice, endpoints }) => ({ slice, endpoints })),
    remove: drafts.filter((each) => each.endpoints.length === 0).map((each) => each.slice),
  };
}

interface Draft {
  readonly slice: Readonly<EndpointSlice>;
  readonly endpoints: Endpoint[];
  changed: boolean;
}

/** What of the slice stays; takes it out of `left`. */
function draftOf(slice: Readonly<EndpointSlice>, left: Map<string, Endpoint>): Draft {
  const endpoints: Endpoint[] = [];
  let changed = false;
  for (const former of slice.endpoints ?? []) {
    const name = former.targetRef?.name ?? '';
    const wanted = left.get(name);
    if (wanted === undefined) changed = true;
    else {
      left.delete(name);
      changed ||= !jsonEqual(wanted, former);
      endpoints.push(wanted);
    }
  }
  return { slice, endpoints, changed };
}

function fill(draft: Draft, rest: readonly Endpoint[], most: number): Endpoint[] {
  const room = most - draft.endpoints.length;
  if (room <= 0 || rest.length === 0) return [...rest];
  draft.endpoints.push(...rest.slice(0, room));
  draft.changed = true;
  return rest.slice(room);
}

function fullestFirst(a: Draft, b: Draft): number {
  return b.endpoints.length - a.endpoints.length || (a.slice.metadata.name < b.slice.metadata.name ? -1 : 1);
}
