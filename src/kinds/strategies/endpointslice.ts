import { EndpointSlice, type Endpoint, type EndpointPort } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ipFamilyOf, specialRangeError, specialRangeOf } from '../addresses.ts';
import { ageCell } from '../cells.ts';
import { choiceErrors, duplicate, immutable, invalidEach, invalidValue, required, tooMany } from '../field-errors.ts';
import { ipErrors } from '../ip.ts';
import { labelErrors } from '../metadata.ts';
import { fullyQualifiedErrors } from '../domain-names.ts';
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName, type NameRule } from '../names.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';
import { protocols } from '../service/ports.ts';

const mostEndpoints = 1000;
const mostAddresses = 100;
const mostPorts = 20_000;
const mostTopologyLabels = 16;
const mostHints = 8;
const addressTypes = ['FQDN', 'IPv4', 'IPv6'];

type Slice = Sent<EndpointSlice>;

export const endpointslice: KindRules<EndpointSlice> = {
  kind: EndpointSlice,
  complete: true,
  generation: 'spec',
  defaults: (object) => {
    for (const port of object.ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  validate: (object, old) => {
    const slice: Slice = object;
    const errors = choiceErrors('addressType', slice.addressType, addressTypes);
    errors.push(...endpointsErrors(slice), ...portsErrors(slice.ports ?? []));
    if (old !== undefined && old.addressType !== object.addressType) errors.push(immutable('addressType', object.addressType));
    return errors;
  },
  cells: (object, now) => [
    object.metadata.name,
    object.addressType,
    portsCell(object.ports),
    shortList(((object as Slice).endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? [])) || '<unset>',
    ageCell(object.metadata.creationTimestamp, now),
  ],
};

function endpointsErrors({ endpoints = [], addressType = '' }: Slice): FieldError[] {
  if (endpoints.length > mostEndpoints) return [tooMany('endpoints', endpoints.length, mostEndpoints)];
  return endpoints.flatMap((endpoint, index) => endpointErrors(endpoint, addressType, `endpoints[${index}]`));
}
function endpointErrors(endpoint: Sent<Endpoint>, type: string, at: string): FieldError[] {
  const { addresses = [], hostname, deprecatedTopology = {}, nodeName } = endpoint;
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(`${at}.addresses`, 'must contain at least 1 address'));
  else if (addresses.length > mostAddresses) errors.push(tooMany(`${at}.addresses`, addresses.length, mostAddresses));
  errors.push(...addresses.flatMap((address, number) => addressErrors(address, type, `${at}.addresses[${number}]`)));
  if (nodeName !== undefined) errors.push(...invalidEach(`${at}.nodeName`, nodeName, dnsSubdomain(nodeName)));
  const labels = Object.keys(deprecatedTopology).length;
  if (labels > mostTopologyLabels) errors.push(tooMany(`${at}.deprecatedTopology`, labels, mostTopologyLabels));
  errors.push(...labelErrors(deprecatedTopology, `${at}.deprecatedTopology`));
  if (hostname !== undefined) errors.push(...invalidEach(`${at}.hostname`, hostname, dnsLabel(hostname)));
  return [...errors, ...hintErrors(endpoint, `${at}.hints`)];
}
function addressErrors(address: string, type: string, at: string): FieldError[] {
  if (type === 'FQDN') return fullyQualifiedErrors(at, address);
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  const family = ipFamilyOf(address);
  if (family === undefined) return ipErrors(at, address);
  if (family !== type) return [invalidValue(at, address, `must be an ${type} address`)];
  const range = specialRangeOf(address);
  // Loopback ones may be pods of this machine: admission knows who may say so.
  return range === undefined || range === 'loopback' ? [] : [specialRangeError(at, address, range)];
}
function hintErrors({ hints = {} }: Sent<Endpoint>, at: string): FieldError[] {
  const zones = hints.forZones ?? [];
  const nodes = hints.forNodes ?? [];
  if (zones.length > mostHints) return [tooMany(`${at}.forZones`, zones.length, mostHints)];
  const errors = namesErrors(zones, `${at}.forZones`, labelValue);
  if (nodes.length > mostHints) return [...errors, tooMany(`${at}.forNodes`, nodes.length, mostHints)];
  return [...errors, ...namesErrors(nodes, `${at}.forNodes`, dnsSubdomain)];
}
function namesErrors(list: readonly { name?: string | undefined }[], at: string, rule: NameRule): FieldError[] {
  const names = new Set<string>();
  return list.flatMap(({ name = '' }, index) => {
    const here = `${at}[${index}].name`;
    const errors = names.has(name) ? [duplicate(here, name)] : [];
    names.add(name);
    return [...errors, ...invalidEach(here, name, rule(name))];
  });
}

function portsErrors(ports: readonly Sent<EndpointPort>[]): FieldError[] {
  if (ports.length > mostPorts) return [tooMany('ports', ports.length, mostPorts)];
  const names = new Set<string>();
  return ports.flatMap(({ name = '', protocol, appProtocol }, index) => {
    const at = `ports[${index}]`;
    const errors = name === '' ? [] : invalidEach(`${at}.name`, name, dnsLabel(name));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    errors.push(...choiceErrors(`${at}.protocol`, protocol, protocols));
    if (appProtocol !== undefined) errors.push(...invalidEach(`${at}.appProtocol`, appProtocol, qualifiedName(appProtocol)));
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
