import type { ServiceEndpoint, ServiceEntry, ServicePortEntry, ServiceTable } from '../api/service-table.ts';

/** Which of the addresses of Services are listened on. */
export interface FrontEndChoice {
  /** Addresses and ports of the cluster: `127.96.3.4:80`. */
  readonly clusterAddresses: boolean;
  /** Address of this machine whose ports stand for them instead: `127.0.0.1`. */
  readonly loopbackPorts?: string;
  /** Addresses of this machine on which node ports are: `127.0.0.1`, `0.0.0.0`. None by default. */
  readonly nodePorts?: readonly string[];
  /** externalIPs, and the addresses of load balancers. */
  readonly externalAddresses: boolean;
}
/** One address and port where a Service is reached. */
export interface FrontEnd {
  /** `TCP 127.96.3.4:80`. */
  readonly id: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly address: string;
  readonly port: number;
  readonly service: { readonly namespace: string; readonly name: string };
  /** Name of the Service's port; empty where it has none. */
  readonly portName: string;
  /** The Service's own number, of which `port` may be the node port. */
  readonly servicePort: number;
  readonly endpoints: readonly ServiceEndpoint[];
  readonly affinitySeconds?: number;
  readonly sourceRanges?: readonly string[];
}

/** The Service port that a front-end belongs to: `shop/web:http TCP`. Several front-ends may share one. */
export function servicePortOf({ service, portName, protocol }: FrontEnd): string {
  return `${service.namespace}/${service.name}:${portName} ${protocol}`;
}

/**
 * Every front-end of a table, by id. Where two Services want one address and port, `holds` (id and service port) decides for the one
 * that has it, else the first in the table; the others are `taken`.
 */
export function frontEndsOf(
  table: ServiceTable,
  choice: FrontEndChoice,
  holds: (id: string, servicePort: string) => boolean,
): { readonly frontEnds: ReadonlyMap<string, FrontEnd>; readonly taken: readonly FrontEnd[] } {
  const frontEnds = new Map<string, FrontEnd>();
  const taken: FrontEnd[] = [];
  for (const service of table.services) {
    if (service.elsewhere === true) continue;
    for (const port of service.ports) {
      for (const frontEnd of ofPort(service, port, choice)) {
        const other = frontEnds.get(frontEnd.id);
        if (other === undefined) frontEnds.set(frontEnd.id, frontEnd);
        else if (servicePortOf(other) === servicePortOf(frontEnd)) continue;
        else if (holds(frontEnd.id, servicePortOf(frontEnd))) {
          frontEnds.set(frontEnd.id, frontEnd);
          taken.push(other);
        } else taken.push(frontEnd);
      }
    }
  }
  return { frontEnds, taken };
}

function ofPort(service: ServiceEntry, port: ServicePortEntry, choice: FrontEndChoice): FrontEnd[] {
  const { endpoints, externalEndpoints, nodePort, loopbackPort } = port;
  const inside = choice.clusterAddresses ? service.addresses : [];
  const [outside, balancer] = choice.externalAddresses ? [service.externalAddresses, service.balancerAddresses] : [[], []];
  const on = (addresses: readonly string[], more: { port: number; endpoints: readonly ServiceEndpoint[] }): FrontEnd[] =>
    addresses.map((address) => ({
      id: `${port.protocol} ${address.includes(':') ? `[${address}]` : address}:${more.port}`,
      protocol: port.protocol,
      address,
      service: { namespace: service.namespace, name: service.name },
      portName: port.name,
      servicePort: port.port,
      ...(service.affinitySeconds === undefined ? {} : { affinitySeconds: service.affinitySeconds }),
      ...more,
    }));
  const ranges = service.sourceRanges;
  return [
    ...on(inside, { port: port.port, endpoints }),
    ...on(loopbackPort === undefined || choice.loopbackPorts === undefined ? [] : [choice.loopbackPorts], {
      port: loopbackPort ?? 0,
      endpoints,
    }),
    ...on(nodePort === undefined ? [] : (choice.nodePorts ?? []), { port: nodePort ?? 0, endpoints: externalEndpoints }),
    ...on(outside, { port: port.port, endpoints: externalEndpoints }),
    ...on(balancer, { port: port.port, endpoints: externalEndpoints }).map((each) =>
      ranges === undefined ? each : { ...each, sourceRanges: ranges },
    ),
  ];
}
