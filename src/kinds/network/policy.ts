import type { IPBlock, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { parseRange, rangeContains, rangeErrors, rangeWarnings } from '../ip.ts';
import { portName, portNumber } from '../names.ts';
import { labelSelectorErrors } from '../pod/selectors.ts';
import type { Sent } from '../sent.ts';

const protocols = ['TCP', 'UDP', 'SCTP'];
const policyTypes = ['Ingress', 'Egress'];
type Spec = Sent<NetworkPolicySpec>;
interface Direction {
  readonly at: string;
  readonly ports: readonly Sent<NetworkPolicyPort>[];
  readonly peers: readonly Sent<NetworkPolicyPeer>[];
  readonly peersAt: string;
}

/** What is wrong with a NetworkPolicy (kubernetes v1.35, ValidateNetworkPolicySpec). */
export function networkPolicyErrors(spec: Spec): FieldError[] {
  const errors = labelSelectorErrors(spec.podSelector as never, 'spec.podSelector');
  for (const { at, ports, peers, peersAt } of directions(spec)) {
    errors.push(...ports.flatMap((port, index) => portErrors(port, `${at}.ports[${index}]`)));
    errors.push(...peers.flatMap((peer, index) => peerErrors(peer, `${peersAt}[${index}]`)));
  }
  const types = spec.policyTypes ?? [];
  if (types.length > 2) return [...errors, invalidValue('spec.policyTypes', types, 'may not specify more than two policyTypes')];
  for (const [index, type] of types.entries()) {
    if (!policyTypes.includes(type)) errors.push(notSupported(`spec.policyTypes[${index}]`, type, policyTypes));
  }
  return errors;
}
/** What people are told of ranges that are written in another way than they should (networkPolicyWarnings). */
export function networkPolicyWarnings(spec: Spec): string[] {
  return directions(spec).flatMap(({ peers, peersAt }) =>
    peers.flatMap(({ ipBlock }, index) => {
      if (ipBlock === undefined) return [];
      const at = `${peersAt}[${index}].ipBlock`;
      const excepted = (ipBlock.except ?? []).flatMap((range, number) => rangeWarnings(`${at}.except[${number}]`, range));
      return [...rangeWarnings(`${at}.cidr`, ipBlock.cidr ?? ''), ...excepted];
    }),
  );
}

function directions({ ingress = [], egress = [] }: Spec): Direction[] {
  const into = ingress.map(({ ports = [], from = [] }, index): Direction => {
    const at = `spec.ingress[${index}]`;
    return { at, ports, peers: from, peersAt: `${at}.from` };
  });
  const out = egress.map(({ ports = [], to = [] }, index): Direction => {
    const at = `spec.egress[${index}]`;
    return { at, ports, peers: to, peersAt: `${at}.to` };
  });
  return [...into, ...out];
}

function portErrors({ protocol, port, endPort }: Sent<NetworkPolicyPort>, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (protocol !== undefined && !protocols.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, protocols));
  if (port === undefined)
    return endPort === undefined ? errors : [...errors, wrongEnd(at, endPort, 'may not be specified when `port` is not specified')];
  if (typeof port === 'string') {
    if (endPort !== undefined) errors.push(wrongEnd(at, endPort, 'may not be specified when `port` is non-numeric'));
    return [...errors, ...invalidEach(`${at}.port`, port, portName(port))];
  }
  errors.push(...invalidEach(`${at}.port`, port, portNumber(port)));
  if (endPort === undefined) return errors;
  if (endPort < port) errors.push(wrongEnd(at, endPort, 'must be greater than or equal to `port`'));
  return [...errors, ...invalidEach(`${at}.endPort`, endPort, portNumber(endPort))];
}
function wrongEnd(at: string, endPort: number, detail: string): FieldError {
  return invalidValue(`${at}.endPort`, endPort, detail);
}

function peerErrors({ podSelector, namespaceSelector, ipBlock }: Sent<NetworkPolicyPeer>, at: string): FieldError[] {
  const errors = [
    ...labelSelectorErrors(podSelector as never, `${at}.podSelector`),
    ...labelSelectorErrors(namespaceSelector as never, `${at}.namespaceSelector`),
    ...(ipBlock === undefined ? [] : blockErrors(ipBlock, `${at}.ipBlock`)),
  ];
  const count = [podSelector, namespaceSelector, ipBlock].filter((one) => one !== undefined).length;
  if (count === 0) return [...errors, required(at, 'must specify a peer')];
  return count > 1 && ipBlock !== undefined ? [...errors, fieldForbidden(at, 'may not specify both ipBlock and another peer')] : errors;
}
function blockErrors({ cidr = '', except = [] }: Sent<IPBlock>, at: string): FieldError[] {
  if (cidr === '') return [required(`${at}.cidr`)];
  const range = parseRange(cidr);
  if (range === undefined) return rangeErrors(`${at}.cidr`, cidr);
  return except.flatMap((text, index) => {
    const here = `${at}.except[${index}]`;
    const inner = parseRange(text);
    if (inner === undefined) return rangeErrors(here, text);
    const within = rangeContains(range, inner.address) && inner.bits > range.bits;
    return within ? [] : [invalidValue(here, text, 'must be a strict subset of `cidr`')];
  });
}
