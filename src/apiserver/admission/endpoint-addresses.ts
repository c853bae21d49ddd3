import type { KubeObject } from '../../api/object.ts';
import { invalid, type FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { specialRangeError, specialRangeOf } from '../../kinds/addresses.ts';
import type { AdmissionPlugin } from './index.ts';

interface SliceShape extends KubeObject {
  endpoints?: { addresses?: string[] }[];
  ports?: unknown;
}

/** Those who know that a loopback address is a pod's, or their own. */
const trusted: ReadonlySet<string> = new Set(['system:controller:endpointslice-controller', 'system:apiserver']);

/**
 * Nobody else may lead a Service to a loopback address, where the programs of the machine listen that runs the cluster. Upstream's
 * validation refuses them altogether; here pods may have them.
 */
export const endpointAddresses: AdmissionPlugin = {
  name: 'EndpointAddresses',
  validate: ({ call, object, old, operation }) => {
    const { kind } = call.kind;
    if (operation === 'delete' || kind.group !== 'discovery.k8s.io' || kind.plural !== 'endpointslices') return;
    if (trusted.has(call.user.name)) return;
    const [slice, before] = [object as SliceShape, old as SliceShape | undefined];
    if (before !== undefined && jsonEqual(slice.endpoints, before.endpoints) && jsonEqual(slice.ports, before.ports)) return;
    const errors = loopbackErrors(slice);
    if (errors.length > 0) throw invalid(kind, object.metadata.name, errors);
  },
};

function loopbackErrors(slice: SliceShape): FieldError[] {
  return (slice.endpoints ?? []).flatMap((endpoint, index) =>
    (endpoint.addresses ?? []).flatMap((address, number) =>
      specialRangeOf(address) !== 'loopback' ? [] : [specialRangeError(`endpoints[${index}].addresses[${number}]`, address, 'loopback')],
    ),
  );
}
