import { Service, type Pod, type ServicePort } from '../../api/kinds.generated.ts';
import { loopbackPortsOf, portKey, type LoopbackPorts } from '../../api/loopback-ports.ts';
import type { Reader } from '../../client/cluster.ts';

/**
 * The variables that tell a container of the Services of its namespace (none where the pod turns service links off) and always of
 * `kubernetes` in `default`, as they are now: `WEB_SERVICE_HOST`, `WEB_SERVICE_PORT`, `WEB_PORT_80_TCP_ADDR` and so on. Where pods share an address (`shared`) these are the ports of
 * 127.0.0.1 that stand for cluster addresses, and a Service that has none yet is not told.
 */
export async function serviceEnvironment(pod: Readonly<Pod>, cluster: Reader, shared = false): Promise<Record<string, string>> {
  const namespace = pod.metadata.namespace ?? '';
  const links = pod.spec?.enableServiceLinks !== false;
  const [own, master] = await Promise.all([
    links ? cluster.list(Service, { namespace }) : { items: [] },
    cluster.list(Service, { namespace: 'default', fieldSelector: 'metadata.name=kubernetes' }),
  ]);
  const variables = [...master.items, ...own.items].map((service) => {
    const here = shared ? (loopbackPortsOf(service.status?.conditions) ?? {}) : undefined;
    return Object.entries(variablesOf(service, here));
  });
  return Object.fromEntries(variables.flat());
}

/** What one Service gives; nothing where it has no address in the cluster. `shared`: the ports of 127.0.0.1 that stand for its own. */
export function variablesOf(service: Readonly<Service>, shared?: LoopbackPorts): Record<string, string> {
  const { clusterIP = '', ports: all = [] } = service.spec ?? {};
  const numberOf = ({ port, protocol }: ServicePort) => (shared === undefined ? port : shared[portKey(port, protocol)]);
  const ports = all.filter((port) => numberOf(port) !== undefined).map((port) => ({ ...port, number: String(numberOf(port)) }));
  const [first] = ports;
  if (clusterIP === '' || clusterIP === 'None' || first === undefined) return {};
  const name = variableName(service.metadata.name);
  const host = shared === undefined ? clusterIP : '127.0.0.1';
  const named = ports.filter((port) => (port.name ?? '') !== '');
  return {
    [`${name}_SERVICE_HOST`]: host,
    [`${name}_SERVICE_PORT`]: first.number,
    ...Object.fromEntries(named.map((port) => [`${name}_SERVICE_PORT_${variableName(port.name ?? '')}`, port.number])),
    ...Object.assign({}, ...ports.map((port, index) => linkOf(`${name}_PORT`, { port, host, first: index === 0 }))),
  } as Record<string, string>;
}

/** The form that Docker's links once had. */
function linkOf(
  name: string,
  of: { port: { port: number; number: string; protocol?: string }; host: string; first: boolean },
): Record<string, string> {
  const { port, number, protocol = 'TCP' } = of.port;
  const url = `${protocol.toLowerCase()}://${of.host.includes(':') ? `[${of.host}]` : of.host}:${number}`;
  const prefix = `${name}_${port}_${protocol.toUpperCase()}`;
  return {
    ...(of.first ? { [name]: url } : {}),
    [prefix]: url,
    [`${prefix}_PROTO`]: protocol.toLowerCase(),
    [`${prefix}_PORT`]: number,
    [`${prefix}_ADDR`]: of.host,
  };
}

function variableName(text: string): string {
  return text.toUpperCase().replaceAll('-', '_');
}
