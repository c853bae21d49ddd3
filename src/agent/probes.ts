import type { Container, Probe } from '../api/kinds.generated.ts';
import type { Clock } from '../base/clock.ts';
import type { ProbeKind, ProbeResult, RunningContainer } from './runtime.ts';

export interface ProbeEvents {
  /** The probe has changed its mind: `failureThreshold` or `successThreshold` results in a row. */
  changed(kind: ProbeKind, success: boolean): void;
  /** One attempt has failed. */
  failed(kind: ProbeKind, message: string): void;
}

/** How one attempt at a probe of this container is made. @throws nothing: a failure is a result */
export type Prober = (kind: ProbeKind, probe: Probe, running: RunningContainer) => Promise<ProbeResult>;

/** Asks the runtime's script where it has one. */
export const scriptedProber: Prober = async (kind, _probe, running) =>
  running.probe === undefined ? { success: false, message: `the runtime cannot run a ${kind} probe` } : running.probe(kind);

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
 * kubelet's prober does. Readiness and startup begin as failed, liveness as passed.
 */
export async function runProbe(
  kind: ProbeKind,
  about: { probe: Probe; running: RunningContainer; prober: Prober; clock: Clock; signal: AbortSignal },
  events: ProbeEvents,
): Promise<void> {
  const { probe, running, prober, clock, signal } = about;
  const belief = new Belief(kind, probe);
  if ((probe.initialDelaySeconds ?? 0) > 0) await clock.sleep((probe.initialDelaySeconds ?? 0) * 1000, { signal });
  for (;;) {
    const result = await prober(kind, probe, running);
    if (signal.aborted) return;
    if (!result.success) events.failed(kind, result.message);
    const verdict = belief.take(result.success);
    if (verdict !== undefined) events.changed(kind, verdict);
    if (kind === 'startup' && belief.believed) return;
    await clock.sleep((probe.periodSeconds ?? 10) * 1000, { signal, upkeep: belief.steady ? true : undefined });
  }
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
