import { Service, type Pod } from '../../api/kinds.generated.ts';
import type { Reader } from '../../client/cluster.ts';

/**
 * The variables that tell a container of the Services of its namespace (none where the pod turns service links off) and always of
 * `kubernetes` in `default`, as they are now: `WEB_SERVICE_HOST`, `WEB_SERVICE_PORT`, `WEB_PORT_80_TCP_ADDR` and so on.
 */
export async function serviceEnvironment(pod: Readonly<Pod>, cluster: Reader): Promise<Record<string, string>> {
  const namespace = pod.metadata.namespace ?? '';
  const links = pod.spec?.enableServiceLinks !== false;
  const [own, master] = await Promise.all([
    links ? cluster.list(Service, { namespace }) : { items: [] },
    cluster.list(Service, { namespace: 'default', fieldSelector: 'metadata.name=kubernetes' }),
  ]);
  const variables = [...master.items, ...own.items].map((service) => Object.entries(variablesOf(service)));
  return Object.fromEntries(variables.flat());
}

/** What one Service gives; nothing where it has no address in the cluster. */
export function variablesOf(service: Readonly<Service>): Record<string, string> {
  const { clusterIP = '', ports = [] } = service.spec ?? {};
  const [first] = ports;
  if (clusterIP === '' || clusterIP === 'None' || first === undefined) return {};
  const name = variableName(service.metadata.name);
  const address = clusterIP.includes(':') ? `[${clusterIP}]` : clusterIP;
  const named = ports.filter((port) => (port.name ?? '') !== '');
  return {
    [`${name}_SERVICE_HOST`]: clusterIP,
    [`${name}_SERVICE_PORT`]: String(first.port),
    ...Object.fromEntries(named.map((port) => [`${name}_SERVICE_PORT_${variableName(port.name ?? '')}`, String(port.port)])),
    ...Object.assign({}, ...ports.map((port, index) => linkOf(`${name}_PORT`, { port, address, clusterIP, first: index === 0 }))),
  } as Record<string, string>;
}

/** The form that Docker's links once had. */
function linkOf(
  name: string,
  of: { port: { port: number; protocol?: string }; address: string; clusterIP: string; first: boolean },
): Record<string, string> {
  const { port, protocol = 'TCP' } = of.port;
  const url = `${protocol.toLowerCase()}://${of.address}:${port}`;
  const prefix = `${name}_${port}_${protocol.toUpperCase()}`;
  return {
    ...(of.first ? { [name]: url } : {}),
    [prefix]: url,
    [`${prefix}_PROTO`]: protocol.toLowerCase(),
    [`${prefix}_PORT`]: String(port),
    [`${prefix}_ADDR`]: of.clusterIP,
  };
}

function variableName(text: string): string {
  return text.toUpperCase().replaceAll('-', '_');
}
