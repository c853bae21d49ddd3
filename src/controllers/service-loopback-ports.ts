import type { ObjectKey } from '../api/object.ts';
import { Service } from '../api/kinds.generated.ts';
import { withCondition, withoutCondition } from '../api/condition.ts';
import { loopbackPortsCondition, loopbackPortsOf, loopbackPortsStatus, portKey, type LoopbackPorts } from '../api/loopback-ports.ts';
import { timestamp } from '../base/clock.ts';
import { clone } from '../base/json.ts';
import type { Context, Controller } from '../reconcile/controller.ts';

/** Beside those of pods and node ports. */
const range = { first: 28_000, count: 2000 } as const;

/**
 * Where cluster addresses cannot be listened on: gives each port of a Service that has such an address a port of 127.0.0.1 in its place,
 * as a condition of its status. The proxy listens there, pods are told of it by variables, and people by `steer up`.
 */
export const serviceLoopbackPorts: Controller = {
  name: 'service-loopback-ports',
  identity: 'service-controller',
  reconciles: Service,
  start: (context) => {
    /** What was given, also where the cache does not show it yet: uid and port by number. */
    const given = new Map<number, string>();
    return (key) => reconcile(context, key, given);
  },
};

async function reconcile(context: Context, key: ObjectKey, given: Map<number, string>): Promise<void> {
  const services = context.informer(Service);
  const service = services.get(key);
  if (service === undefined) return forget(given, services.list());
  const { status, metadata } = service;
  const before = loopbackPortsOf(status?.conditions);
  for (const [port, number] of Object.entries(before ?? {})) given.set(number, `${metadata.uid ?? ''} ${port}`);
  const ports = portsOf(service);
  const after = ports.length === 0 ? undefined : give(service, ports, { before, given });
  if (JSON.stringify(after) === JSON.stringify(before)) return;
  const conditions =
    after === undefined
      ? withoutCondition(status?.conditions ?? [], loopbackPortsCondition)
      : withCondition(
          status?.conditions,
          { lastTransitionTime: timestamp(context.clock), ...loopbackPortsStatus(after) },
          timestamp(context.clock),
        );
  const changed = { ...clone(service), status: { ...clone(status ?? {}), conditions: [...conditions] } };
  await context.cluster.update(Service, changed, { subresource: 'status' });
}

/** The ports of a Service that has an address in the cluster. */
function portsOf({ spec }: Readonly<Service>): readonly string[] {
  const { clusterIP = '', type, ports = [] } = spec;
  if (clusterIP === '' || clusterIP === 'None' || type === 'ExternalName') return [];
  const served = ports.filter(({ protocol = 'TCP' }) => protocol === 'TCP' || protocol === 'UDP');
  return served.map(({ port, protocol }) => portKey(port, protocol));
}

/** What a port has it keeps; a new one begins at a place of its own, so that two clusters of one machine seldom meet. */
function give(
  { metadata }: Readonly<Service>,
  ports: readonly string[],
  { before, given }: { before: LoopbackPorts | undefined; given: Map<number, string> },
): LoopbackPorts {
  const out: Record<string, number> = {};
  for (const port of ports) {
    const owner = `${metadata.uid ?? ''} ${port}`;
    let at = before?.[port];
    for (let step = 0; at === undefined && step < range.count; step++) {
      const candidate = range.first + ((placeOf(owner) + step) % range.count);
      if ((given.get(candidate) ?? owner) === owner) at = candidate;
    }
    if (at === undefined) throw new Error(`all ports from ${range.first} to ${range.first + range.count - 1} belong to other Services`);
    given.set(at, owner);
    out[port] = at;
  }
  return out;
}

function placeOf(text: string): number {
  let hash = 0;
  for (const char of text) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 1_000_003;
  return hash % range.count;
}

/** What Services had that are gone. */
function forget(given: Map<number, string>, services: readonly Readonly<Service>[]): void {
  const known = new Set(services.map(({ metadata }) => metadata.uid));
  for (const [number, owner] of given) if (!known.has(owner.split(' ')[0])) given.delete(number);
}
