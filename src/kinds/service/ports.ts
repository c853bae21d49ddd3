import type { ServicePort, ServiceSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { choiceErrors, duplicate, invalidEach, required } from '../field-errors.ts';
import { dnsLabel, portNumber, qualifiedName } from '../names.ts';
import { portErrors } from '../pod/probes.ts';
import type { Sent } from '../sent.ts';

export const protocols = ['SCTP', 'TCP', 'UDP'];

/** What is wrong with the ports of a Service, one by one and together (kubernetes v1.35, validateServicePort). */
export function portsErrors({ ports = [] }: Sent<ServiceSpec>): FieldError[] {
  const names = new Set<string>();
  const errors = ports.flatMap((port, index) => {
    const at = `spec.ports[${index}]`;
    return [...nameErrors(port, { at, names, needed: ports.length > 1 }), ...portFieldErrors(port, at)];
  });
  return [...errors, ...takenTwice(ports)];
}

function nameErrors({ name = '' }: Sent<ServicePort>, rules: { at: string; names: Set<string>; needed: boolean }): FieldError[] {
  const at = `${rules.at}.name`;
  if (name === '') return rules.needed ? [required(at)] : [];
  const errors = invalidEach(at, name, dnsLabel(name));
  if (rules.names.has(name)) errors.push(duplicate(at, name));
  rules.names.add(name);
  return errors;
}
function portFieldErrors({ port = 0, protocol, targetPort = 0, appProtocol }: Sent<ServicePort>, at: string): FieldError[] {
  return [
    ...invalidEach(`${at}.port`, port, portNumber(port)),
    ...choiceErrors(`${at}.protocol`, protocol, protocols),
    ...portErrors(targetPort, `${at}.targetPort`),
    ...(appProtocol === undefined ? [] : invalidEach(`${at}.appProtocol`, appProtocol, qualifiedName(appProtocol))),
  ];
}

function takenTwice(ports: readonly Sent<ServicePort>[]): FieldError[] {
  const errors: FieldError[] = [];
  const nodePorts = new Set<string>();
  for (const [index, { protocol = '', nodePort }] of ports.entries()) {
    if (!nodePort) continue;
    const key = `${protocol}/${nodePort}`;
    if (nodePorts.has(key)) errors.push(duplicate(`spec.ports[${index}].nodePort`, nodePort));
    nodePorts.add(key);
  }
  const numbers = new Set<string>();
  for (const [index, { protocol = '', port = 0 }] of ports.entries()) {
    const key = `${protocol}/${port}`;
    // The message shows the port as it is within upstream's server.
    const shown = { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
    if (numbers.has(key)) errors.push(duplicate(`spec.ports[${index}]`, shown));
    numbers.add(key);
  }
  return errors;
}
