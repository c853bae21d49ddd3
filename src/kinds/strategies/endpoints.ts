import { Endpoints, type CoreEndpointPort, type EndpointAddress, type EndpointSubset } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { specialRangeError, specialRangeOf } from '../addresses.ts';
import { ageCell } from '../cells.ts';
import { choiceErrors, invalidEach, required } from '../field-errors.ts';
import { ipErrors } from '../ip.ts';
import { dnsLabel, dnsSubdomain, portNumber, qualifiedName } from '../names.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';
import { protocols } from '../service/ports.ts';

export const endpoints: KindRules<Endpoints> = {
  kind: Endpoints,
  complete: true,
  generation: 'none',
  defaults: ({ subsets = [] }) => {
    for (const { ports = [] } of subsets) for (const port of ports) port.protocol ||= 'TCP';
  },
  validate: ({ subsets = [] }) => subsets.flatMap((subset, index) => subsetErrors(subset, `subsets[${index}]`)),
  cells: ({ metadata, subsets = [] }, now) => [metadata.name, endpointsCell(subsets), ageCell(metadata.creationTimestamp, now)],
};

function subsetErrors({ addresses = [], notReadyAddresses = [], ports = [] }: Sent<EndpointSubset>, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (addresses.length + notReadyAddresses.length === 0) errors.push(required(at, 'must specify `addresses` or `notReadyAddresses`'));
  errors.push(...addresses.flatMap((address, index) => addressErrors(address, `${at}.addresses[${index}]`)));
  errors.push(...notReadyAddresses.flatMap((address, index) => addressErrors(address, `${at}.notReadyAddresses[${index}]`)));
  return [...errors, ...ports.flatMap((port, index) => portErrors(port, ports.length > 1, `${at}.ports[${index}]`))];
}
function addressErrors({ ip = '', hostname = '', nodeName }: Sent<EndpointAddress>, at: string): FieldError[] {
  const errors = ipErrors(`${at}.ip`, ip);
  if (hostname !== '') errors.push(...invalidEach(`${at}.hostname`, hostname, dnsLabel(hostname)));
  if (nodeName !== undefined) errors.push(...invalidEach(`${at}.nodeName`, nodeName, dnsSubdomain(nodeName)));
  const range = specialRangeOf(ip);
  // Loopback ones may be pods of this machine: admission knows who may say so.
  return range === undefined || range === 'loopback' ? errors : [...errors, specialRangeError(`${at}.ip`, ip, range)];
}
function portErrors({ name = '', port = 0, protocol, appProtocol }: Sent<CoreEndpointPort>, named: boolean, at: string): FieldError[] {
  const errors = name === '' ? (named ? [required(`${at}.name`)] : []) : invalidEach(`${at}.name`, name, dnsLabel(name));
  errors.push(...invalidEach(`${at}.port`, port, portNumber(port)), ...choiceErrors(`${at}.protocol`, protocol, protocols));
  return appProtocol === undefined ? errors : [...errors, ...invalidEach(`${at}.appProtocol`, appProtocol, qualifiedName(appProtocol))];
}

/** At most three, and how many more there are. */
function endpointsCell(subsets: readonly EndpointSubset[]): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0 ? addresses.map(({ ip }) => ip) : ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip}:${port}`)),
  );
  if (all.length === 0) return '<none>';
  return all.length <= 3 ? all.join(',') : `${all.slice(0, 3).join(',')} + ${all.length - 3} more...`;
}
