import type { ServiceTable } from '../api/service-table.ts';
import { Backoff } from '../base/backoff.ts';
import { errorText } from '../base/log.ts';
import { startDnsServer, type DnsServer, type DnsServerOptions } from './dns-server.ts';

const retry = { firstMs: 1000, maxMs: 30_000 } as const;

/** A DNS server that is tried again where its port is taken, and takes tables meanwhile. */
export interface SteadyDns {
  update(table: ServiceTable): void;
  close(): Promise<void>;
}

/** Says once in the log what keeps it from listening. */
export function startSteadyDns(options: DnsServerOptions): SteadyDns {
  const { clock, log, listen } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const backoff = new Backoff(retry);
  let table: ServiceTable | undefined;
  let server: DnsServer | undefined;
  const open = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        server = await startDnsServer(options);
        if (table !== undefined) server.update(table);
        return;
      } catch (error) {
        const { address, port = 53 } = listen;
        if (backoff.failures('') === 0) log.warn('the cluster DNS cannot listen, trying again', { address, port, error: errorText(error) });
        // Rejects only by the signal.
        await clock.sleep(backoff.nextMs(''), { signal, upkeep: true }).catch(() => undefined);
      }
    }
  };
  const opening = open();
  return {
    update: (next) => {
      table = next;
      server?.update(next);
    },
    close: async () => {
      closing.abort(new Error('the DNS server stops'));
      await opening;
      await server?.close();
    },
  };
}
