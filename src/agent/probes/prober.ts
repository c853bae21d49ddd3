import type { Probe } from '../../api/kinds.generated.ts';
import type { ProbeKind, ProbeResult } from '../runtime.ts';
import { errored, probeExec } from './exec.ts';
import { probeGrpc } from './grpc.ts';
import { probeHttp } from './http.ts';
import { dial, DialError, portOf, type ProbeTarget } from './target.ts';

/** How one attempt at a probe is made. @throws nothing: a failure is a result */
export type Prober = (kind: ProbeKind, probe: Probe, target: ProbeTarget) => Promise<ProbeResult>;

/** Asks the runtime's script where it has one, else the container itself, within the probe's timeout. */
export const realProber: Prober = async (kind, probe, target) => {
  if (target.running.probe !== undefined) return target.running.probe(kind);
  const seconds = Math.max(1, probe.timeoutSeconds ?? 1);
  const limit = new AbortController();
  const ended = new AbortController();
  const timer = target.clock.sleep(seconds * 1000, { signal: ended.signal, upkeep: true }).then(
    () => limit.abort(new Error('the time of the probe is up')),
    () => undefined,
  );
  try {
    return await attempt(probe, target, { signal: limit.signal, seconds });
  } catch (error) {
    return error instanceof DialError ? { success: false, message: error.message } : errored(error);
  } finally {
    ended.abort(new Error('the probe has ended'));
    await timer;
  }
};

async function attempt(probe: Probe, target: ProbeTarget, limit: { signal: AbortSignal; seconds: number }): Promise<ProbeResult> {
  const { exec, httpGet, tcpSocket, grpc } = probe;
  if (exec !== undefined) return probeExec(exec.command ?? [], target, limit);
  if (httpGet !== undefined) return probeHttp(httpGet, target, limit.signal);
  if (grpc !== undefined) return probeGrpc(grpc, target, limit);
  if (tcpSocket === undefined) throw new Error(`missing probe handler for ${target.container.name}`);
  const { host, port } = tcpSocket;
  const socket = await dial(target, { host, port: portOf(target, port, host) }, limit.signal);
  socket.destroy();
  return { success: true, message: '' };
}
