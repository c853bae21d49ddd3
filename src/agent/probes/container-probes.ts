import type { Probe } from '../../api/kinds.generated.ts';
import { errorText, type Log } from '../../base/log.ts';
import type { ProbeKind, ProbeResult, RunningContainer } from '../runtime.ts';
import type { Prober } from './prober.ts';
import { probesOf, runProbe } from './run-probe.ts';
import type { ProbeTarget } from './target.ts';

/** What the probes of a container find out. */
export interface ProbeFindings {
  /** It has started: its startup probe has passed, or it has none. */
  started(): void;
  ready(ready: boolean): void;
  /** A startup or liveness probe says that it must be ended. */
  unhealthy(kind: ProbeKind, probe: Probe): void;
  failed(kind: ProbeKind, result: ProbeResult): void;
}

/** Probes running containers, startup before readiness and liveness, each until it has ended. */
export class ContainerProbes {
  readonly #prober: Prober;
  readonly #log: Log;
  readonly #running = new Map<string, AbortController>();

  constructor(prober: Prober, log: Log) {
    this.#prober = prober;
    this.#log = log;
  }

  /** Nothing is being probed. */
  get isQuiet(): boolean {
    return this.#running.size === 0;
  }

  /** `wasStarted`: its startup probe passed in an earlier life of the agent. */
  begin(target: ProbeTarget, wasStarted: boolean, findings: ProbeFindings): void {
    const probes = probesOf(target.container, target.running);
    if (probes.startup === undefined || wasStarted) return this.#afterStartup(target, findings);
    this.#run('startup', probes.startup, target, findings);
  }

  end(running: RunningContainer): void {
    this.#running.get(running.id)?.abort(new Error('the container has ended'));
    this.#running.delete(running.id);
  }

  dispose(): void {
    for (const probing of this.#running.values()) probing.abort(new Error('the pod is no longer looked after'));
    this.#running.clear();
  }

  #afterStartup(target: ProbeTarget, findings: ProbeFindings): void {
    const probes = probesOf(target.container, target.running);
    findings.started();
    if (probes.readiness === undefined) findings.ready(true);
    else this.#run('readiness', probes.readiness, target, findings);
    if (probes.liveness !== undefined) this.#run('liveness', probes.liveness, target, findings);
  }

  #run(kind: ProbeKind, probe: Probe, target: ProbeTarget, findings: ProbeFindings): void {
    const { signal } = this.#signalOf(target.running);
    const events = {
      changed: (success: boolean) => {
        if (kind === 'startup' && success) this.#afterStartup(target, findings);
        else if (kind === 'readiness') findings.ready(success);
        else if (!success) findings.unhealthy(kind, probe);
      },
      failed: (result: ProbeResult) => findings.failed(kind, result),
    };
    void runProbe(kind, { probe, target, prober: this.#prober, signal }, events).catch((error: unknown) => {
      if (!signal.aborted) this.#log.error('a probe failed to run', { container: target.container.name, error: errorText(error) });
    });
  }

  #signalOf(running: RunningContainer): AbortController {
    const existing = this.#running.get(running.id);
    if (existing !== undefined) return existing;
    const made = new AbortController();
    this.#running.set(running.id, made);
    return made;
  }
}
