import type { Transport } from '../api/http.ts';
import { listen, type Listening } from '../apiserver/listen.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { openCertificates, type Certificates } from './certificates.ts';
import { adminKubeconfig } from './kubeconfig.ts';
import type { DataPaths } from './paths.ts';
import { writePrivate } from './private-files.ts';

export interface FrontDoorOptions {
  readonly handle: Transport;
  /** Absent: certificates and kubeconfig stay in memory. */
  readonly paths?: DataPaths | undefined;
  /** 127.0.0.1 */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** Further names and addresses in the server's certificate. */
  readonly names?: readonly string[] | undefined;
  /** Of the context in the kubeconfig. */
  readonly context: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}
export interface FrontDoor {
  readonly url: string;
  readonly kubeconfig: string;
  readonly certificates: Certificates;
  close(): Promise<void>;
}

const checkMs = 12 * 3600_000;

/** Opens the socket with certificates that are kept and renewed while it is open, and writes the administrator's kubeconfig. */
export async function openFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  const { handle, host = '127.0.0.1', port = 0, clock, log } = options;
  const certificates = await certificatesOf(options);
  const listening = await listen({ handle, host, port, clock, log, certificates: served(certificates) });
  const kubeconfig = await writeKubeconfig(options, listening, certificates);
  const closing = new AbortController();
  const renewing = keepRenewed(options, { listening, certificates, signal: closing.signal });
  return {
    url: reachable(listening),
    kubeconfig,
    certificates,
    close: async () => {
      closing.abort(new Error('the control plane stops'));
      await Promise.all([renewing, listening.close()]);
    },
  };
}

function certificatesOf(options: FrontDoorOptions): Promise<Certificates> {
  const { paths, clock, random, log, host, names = [] } = options;
  const hosts = [...names, ...(host === undefined || host === '0.0.0.0' || host === '::' ? [] : [host])];
  return openCertificates({ ...(paths === undefined ? {} : { folder: paths.pki }), hosts, clock, random, log });
}

function served(certificates: Certificates): { key: string; certificate: string; ca: string } {
  return { ...certificates.server, ca: certificates.authority };
}

/** A server on all addresses is reached by the loopback one. */
function reachable(listening: Listening): string {
  return listening.host === '0.0.0.0' || listening.host === '::' ? `https://127.0.0.1:${listening.port}` : listening.url;
}

async function writeKubeconfig(options: FrontDoorOptions, listening: Listening, certificates: Certificates): Promise<string> {
  const text = adminKubeconfig(options.context, reachable(listening), certificates);
  if (options.paths !== undefined) await options.clock.outside(writePrivate(options.paths.kubeconfig, text));
  return text;
}

async function keepRenewed(
  options: FrontDoorOptions,
  door: { listening: Listening; certificates: Certificates; signal: AbortSignal },
): Promise<void> {
  let { certificates } = door;
  for (;;) {
    try {
      await options.clock.sleep(checkMs, { signal: door.signal, upkeep: true });
    } catch {
      return; // The door closes.
    }
    const next = options.paths === undefined ? certificates : await certificatesOf(options);
    if (next.server.certificate !== certificates.server.certificate) door.listening.renew(served(next));
    if (next.admin.certificate !== certificates.admin.certificate) await writeKubeconfig(options, door.listening, next);
    certificates = next;
  }
}
