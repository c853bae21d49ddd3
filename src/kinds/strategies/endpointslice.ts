import { EndpointSlice, type EndpointPort } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ipFamilyOf, specialRangeOf, specialRangeText } from '../addresses.ts';
import { ageCell } from '../cells.ts';
import { duplicate, immutable, invalidEach, invalidValue, required } from '../field-errors.ts';
import { dnsLabel, dnsSubdomain } from '../names.ts';
import type { KindRules } from '../rules.ts';

const mostEndpoints = 1000;
const mostAddresses = 100;

export const endpointslice: KindRules<EndpointSlice> = {
  kind: EndpointSlice,
  validate: (object, old) => {
    const errors = endpointErrors(object);
    if (object.ports !== undefined) errors.push(...portsErrors(object.ports));
    if (old !== undefined && old.addressType !== object.addressType) errors.push(immutable('addressType', object.addressType));
    return errors;
  },
  cells: (object, now) => [
    object.metadata.name,
    object.addressType,
    portsCell(object.ports),
    shortList(object.endpoints.flatMap((endpoint) => endpoint.addresses)) || '<unset>',
    ageCell(object.metadata.creationTimestamp, now),
  ],
};

function endpointErrors({ endpoints, addressType }: EndpointSlice): FieldError[] {
  if (endpoints.length > mostEndpoints) {
    return [{ type: 'FieldValueTooMany', field: 'endpoints', value: endpoints.length, detail: `must have at most ${mostEndpoints} items` }];
  }
  return endpoints.flatMap((endpoint, index) => {
    const at = `endpoints[${index}].addresses`;
    if (endpoint.addresses.length === 0) return [required(at, 'must contain at least 1 address')];
    if (endpoint.addresses.length > mostAddresses) {
      const value = endpoint.addresses.length;
      return [{ type: 'FieldValueTooMany', field: at, value, detail: `must have at most ${mostAddresses} items` }];
    }
    return endpoint.addresses.flatMap((address, number) => addressErrors(address, addressType, `${at}[${number}]`));
  });
}
function addressErrors(address: string, type: string, at: string): FieldError[] {
  if (type === 'FQDN') return invalidEach(at, address, dnsSubdomain(address));
  const family = ipFamilyOf(address);
  if (family === undefined) return [invalidValue(at, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  if (family !== type) return [invalidValue(at, address, `must be an ${type} address`)];
  const range = specialRangeOf(address);
  // Loopback ones may be pods of this machine: admission knows who may say so.
  return range === undefined || range === 'loopback' ? [] : [invalidValue(at, address, specialRangeText(range))];
}
function portsErrors(ports: readonly EndpointPort[]): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `ports[${index}]`;
    const { name = '' } = port;
    const errors = name === '' ? [] : invalidEach(`${at}.name`, name, dnsLabel(name));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    return errors;
  });
}

/** At most three, and how many more there are. */
function shortList(items: readonly string[]): string {
  return items.length <= 3 ? items.join(',') : `${items.slice(0, 3).join(',')} + ${items.length - 3} more...`;
}
function portsCell(ports: readonly EndpointPort[] | undefined): string {
  if (ports === undefined || ports.length === 0) return '<unset>';
  return shortList(ports.map((port) => (port.port === undefined ? '*' : String(port.port))));
}
