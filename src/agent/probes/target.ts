import type { Duplex } from 'node:stream';
import type { Container } from '../../api/kinds.generated.ts';
import { portKey } from '../../api/loopback-ports.ts';
import { unlessAborted } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import { connectTo } from '../connect-to.ts';
import type { RunningContainer, Sandbox } from '../runtime.ts';

/** What a probe or a hook is made to. */
export interface ProbeTarget {
  readonly container: Container;
  readonly running: RunningContainer;
  readonly sandbox: Sandbox;
  readonly clock: Clock;
}

/** A failure in the words that Go's network library has for it. */
export class DialError extends Error {
  readonly timedOut: boolean;

  constructor(message: string, options: { cause?: unknown; timedOut?: boolean } = {}) {
    super(message, options);
    this.name = 'DialError';
    this.timedOut = options.timedOut === true;
  }
}

/** The port of the pod's address, or of another host, that a probe means by a number or name. @throws Error for a name that the container has not, which a kubelet takes for a number then */
export function portOf(target: ProbeTarget, port: number | string, host: string | undefined): number {
  const number = numberOf(target.container, port);
  return isOwn(host) ? (target.sandbox.ports?.[portKey(number)] ?? number) : number;
}
function isOwn(host: string | undefined): host is '' | undefined {
  return host === undefined || host === '';
}
function numberOf(container: Container, port: number | string): number {
  if (typeof port === 'number') return port;
  if (/^\d+$/.test(port)) return Number(port);
  const named = container.ports?.find((one) => one.name === port);
  if (named === undefined) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`);
  return named.containerPort;
}

/** `10.0.0.1:80`, `[::1]:80`. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The address that a probe names, or else that of the pod. */
export function hostOf(target: ProbeTarget, host: string | undefined): string {
  return isOwn(host) ? (target.sandbox.addresses[0] ?? '127.0.0.1') : host;
}

/** A connection to a port of the pod, or to another host. The caller destroys it. @throws DialError */
export async function dial(target: ProbeTarget, to: { host: string | undefined; port: number }, signal: AbortSignal): Promise<Duplex> {
  const address = hostPort(hostOf(target, to.host), to.port);
  const connecting = isOwn(to.host) ? target.sandbox.connect(to.port, signal) : connectTo(to.host, to.port, signal);
  try {
    return await unlessAborted(connecting, signal);
  } catch (cause) {
    // One that comes too late is of no use.
    connecting.then(
      (socket) => socket.destroy(),
      () => undefined,
    );
    if (signal.aborted) throw new DialError(`dial tcp ${address}: i/o timeout`, { cause, timedOut: true });
    throw new DialError(`dial tcp ${address}: ${dialText(cause)}`, { cause });
  }
}

const texts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
  ECONNRESET: 'connect: connection reset by peer',
  EADDRNOTAVAIL: 'connect: cannot assign requested address',
  ENOTFOUND: 'lookup failed: no such host',
};

/** The words of Go for a system error, wherever in the chain of causes it is. */
function dialText(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const text = texts[(at as NodeJS.ErrnoException).code ?? ''];
    if (text !== undefined) return text;
  }
  return error instanceof Error ? error.message : String(error);
}
