import type { KubeObject } from '../../api/object.ts';
import { invalid, type FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { specialRangeError, specialRangeOf } from '../../kinds/addresses.ts';
import type { AdmissionPlugin } from './index.ts';

interface SliceShape extends KubeObject {
  endpoints?: { addresses?: string[] }[];
  ports?: unknown;
}
interface EndpointsShape extends KubeObject {
  subsets?: { addresses?: { ip?: string }[]; notReadyAddresses?: { ip?: string }[] }[];
}

/** Those who know that a loopback address is a pod's, or their own. */
const trusted: ReadonlySet<string> = new Set([
  'system:controller:endpointslice-controller',
  'system:controller:endpoint-controller',
  'system:apiserver',
]);

/**
 * Nobody else may lead a Service to a loopback address, where the programs of the machine listen that runs the cluster. Upstream's
 * validation refuses them altogether; here pods may have them.
 */
export const endpointAddresses: AdmissionPlugin = {
  name: 'EndpointAddresses',
  validate: ({ call, object, old, operation }) => {
    const { kind } = call.kind;
    if (operation === 'delete' || trusted.has(call.user.name)) return;
    const errors = errorsOf(`${kind.group}/${kind.plural}`, object, old);
    if (errors.length > 0) throw invalid(kind, object.metadata.name, errors);
  },
};

function errorsOf(resource: string, object: KubeObject, old: KubeObject | undefined): FieldError[] {
  if (resource === '/endpoints') return endpointsErrors(object, old);
  if (resource !== 'discovery.k8s.io/endpointslices') return [];
  const [slice, before] = [object as SliceShape, old as SliceShape | undefined];
  if (before !== undefined && jsonEqual(slice.endpoints, before.endpoints) && jsonEqual(slice.ports, before.ports)) return [];
  return (slice.endpoints ?? []).flatMap(({ addresses = [] }, index) =>
    addresses.flatMap((address, number) => loopbackErrors(address, `endpoints[${index}].addresses[${number}]`)),
  );
}

function endpointsErrors({ subsets = [] }: EndpointsShape, old: EndpointsShape | undefined): FieldError[] {
  if (old !== undefined && jsonEqual(subsets, old.subsets)) return [];
  return subsets.flatMap((subset, index) =>
    (['addresses', 'notReadyAddresses'] as const).flatMap((list) =>
      (subset[list] ?? []).flatMap(({ ip = '' }, number) => loopbackErrors(ip, `subsets[${index}].${list}[${number}].ip`)),
    ),
  );
}

function loopbackErrors(address: string, at: string): FieldError[] {
  return specialRangeOf(address) === 'loopback' ? [specialRangeError(at, address, 'loopback')] : [];
}
