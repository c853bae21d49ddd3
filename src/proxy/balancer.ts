import type { ServiceEndpoint } from '../api/service-table.ts';
import type { Clock } from '../base/clock.ts';
import { randomInt, type Random } from '../base/random.ts';

/** So many clients are remembered for one Service port; the one that was seen longest ago is forgotten. */
const mostClients = 10_000;

/**
 * Chooses endpoints for one Service port: in turn from a random start, as kube-proxy's userspace mode did, which spreads more evenly
 * than chance. With affinity a client stays with its endpoint until it has not been seen for the timeout.
 */
export class Balancer {
  readonly #clock: Clock;
  readonly #clients = new Map<string, { endpoint: string; at: number }>();
  #turn: number;

  constructor(options: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = options.clock;
    this.#turn = randomInt(options.random, 2 ** 20);
  }

  /** Where in `endpoints` to begin; -1 when there is none. */
  choose(endpoints: readonly ServiceEndpoint[], client: string, affinitySeconds: number | undefined): number {
    if (endpoints.length === 0) return -1;
    if (affinitySeconds !== undefined) {
      const known = this.#clients.get(client);
      const fresh = known !== undefined && this.#clock.now() - known.at < affinitySeconds * 1000;
      const at = fresh ? endpoints.findIndex((endpoint) => endpointKey(endpoint) === known.endpoint) : -1;
      if (at >= 0) return at;
    }
    this.#turn = (this.#turn + 1) % 2 ** 30;
    return this.#turn % endpoints.length;
  }

  /** The client has been given this endpoint. */
  remember(client: string, endpoint: ServiceEndpoint): void {
    this.#clients.delete(client);
    this.#clients.set(client, { endpoint: endpointKey(endpoint), at: this.#clock.now() });
    if (this.#clients.size <= mostClients) return;
    const [oldest] = this.#clients.keys();
    if (oldest !== undefined) this.#clients.delete(oldest);
  }
}

export function endpointKey({ address, port }: ServiceEndpoint): string {
  return `${address} ${port}`;
}
