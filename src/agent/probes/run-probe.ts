import type { Container, Probe } from '../../api/kinds.generated.ts';
import { parseTime } from '../../base/clock.ts';
import type { ProbeKind, ProbeResult, RunningContainer } from '../runtime.ts';
import type { Prober } from './prober.ts';
import type { ProbeTarget } from './target.ts';

export interface ProbeEvents {
  /** The probe has changed its mind: `failureThreshold` or `successThreshold` results in a row. */
  changed(success: boolean): void;
  /** One attempt has failed, or could not be made. */
  failed(result: ProbeResult): void;
}

/** The probes of a container; a scripted readiness counts as one that is asked every second. */
export function probesOf(container: Container, running: RunningContainer): Readonly<Partial<Record<ProbeKind, Probe>>> {
  const readiness =
    container.readinessProbe ?? (running.readinessScripted === true ? { periodSeconds: 1, failureThreshold: 1 } : undefined);
  return {
    ...(container.startupProbe === undefined ? {} : { startup: container.startupProbe }),
    ...(readiness === undefined ? {} : { readiness }),
    ...(container.livenessProbe === undefined ? {} : { liveness: container.livenessProbe }),
  };
}

/** A probe that has not changed its mind for this many attempts only keeps watch: its timers are upkeep. */
const steadyAfter = 20;

/**
 * Runs one probe of a running container until `signal`: first after initialDelaySeconds, then every periodSeconds, as the
 * kubelet's prober does. Readiness and startup begin as failed, liveness as passed. A fresh container is also asked in between until
 * its first success: these extra attempts can only succeed, so it is in service sooner and never judged sooner than by a kubelet.
 */
export async function runProbe(
  kind: ProbeKind,
  about: { probe: Probe; target: ProbeTarget; prober: Prober; signal: AbortSignal },
  events: ProbeEvents,
): Promise<void> {
  const { probe, target, prober, signal } = about;
  const { clock } = target;
  const periodMs = secondsOf(probe.periodSeconds, 10);
  const belief = new Belief(kind, probe);
  const delayMs = Math.max(secondsOf(probe.initialDelaySeconds, 0), leastDelayMs(kind, target)) - ageMs(target);
  if (delayMs > 0) await clock.sleep(delayMs, { signal });
  let eager = eagerness(kind, probe, target);
  let countsAtMs = clock.now() + (eager?.firstCountsAfterMs ?? 0);
  for (;;) {
    const beganMs = clock.now();
    const counts = beganMs >= countsAtMs;
    const result = await prober(kind, probe, target);
    if (signal.aborted) return;
    if (result.success || counts) {
      countsAtMs = beganMs + periodMs;
      tell(result, belief, events);
      if (kind === 'startup' && belief.believed) return;
    }
    if (result.success) eager = undefined;
    const nextMs = Math.min(countsAtMs, eager?.nextMs(clock.now()) ?? Infinity);
    await clock.sleep(Math.max(0, nextMs - clock.now()), { signal, upkeep: belief.steady ? true : undefined });
  }
}

function tell(result: ProbeResult, belief: Belief, events: ProbeEvents): void {
  if (!result.success) events.failed(result);
  // As a kubelet: what says nothing of the container is thrown away.
  if (result.errored === true) return;
  const verdict = belief.take(result.success);
  if (verdict !== undefined) events.changed(verdict);
}

function secondsOf(seconds: number | undefined, otherwise: number): number {
  return (seconds ?? otherwise) * 1000;
}

/** How long it has been running already; moments of containers are whole seconds. */
function ageMs({ running, clock }: ProbeTarget): number {
  const age = clock.now() - (parseTime(running.startedAt) ?? clock.now());
  return age < 1000 ? 0 : age;
}

/** A kubelet sees a new container after a second: a liveness probe that is asked before would only find it starting. */
const seenAfterMs = 1000;
function leastDelayMs(kind: ProbeKind, { running }: ProbeTarget): number {
  return kind === 'liveness' && running.probe === undefined ? seenAfterMs : 0;
}

/** When the first attempt counts, and when an extra one is made. */
interface Eagerness {
  readonly firstCountsAfterMs: number;
  nextMs(nowMs: number): number;
}
const eagerForMs = 60_000;
function eagerness(kind: ProbeKind, probe: Probe, target: ProbeTarget): Eagerness | undefined {
  if (kind === 'liveness' || target.running.probe !== undefined || (probe.successThreshold ?? 1) > 1) return undefined;
  const untilMs = target.clock.now() + eagerForMs;
  let pauseMs = probe.exec === undefined ? 25 : 200;
  const longestMs = probe.exec === undefined ? 500 : 2000;
  return {
    firstCountsAfterMs: seenAfterMs,
    nextMs: (nowMs) => {
      if (nowMs >= untilMs) return Infinity;
      const next = nowMs + pauseMs;
      pauseMs = Math.min(longestMs, pauseMs * 2);
      return next;
    },
  };
}

/** What the results of a probe so far let one believe. */
class Belief {
  readonly #kind: ProbeKind;
  readonly #successThreshold: number;
  readonly #failureThreshold: number;
  believed: boolean;
  #row = 0;
  #last: boolean | undefined;

  constructor(kind: ProbeKind, probe: Probe) {
    this.#kind = kind;
    this.#successThreshold = kind === 'readiness' ? (probe.successThreshold ?? 1) : 1;
    this.#failureThreshold = probe.failureThreshold ?? 3;
    this.believed = kind === 'liveness';
  }

  get steady(): boolean {
    return this.believed || this.#row > steadyAfter;
  }

  /** Answers the new belief where this result changes it, and each further verdict against a startup. */
  take(success: boolean): boolean | undefined {
    this.#row = success === this.#last ? this.#row + 1 : 1;
    this.#last = success;
    const enough = this.#row >= (success ? this.#successThreshold : this.#failureThreshold);
    if (!enough || (success === this.believed && !(this.#kind === 'startup' && !success))) return undefined;
    this.believed = success;
    return success;
  }
}
