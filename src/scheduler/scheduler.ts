import { PodDisruptionBudget } from '../api/kinds.generated.ts';
import { aborted } from '../base/abort.ts';
import { errorText } from '../base/log.ts';
import type { Recorder } from '../reconcile/events.ts';
import type { Surroundings } from '../reconcile/run-controller.ts';
import { bindPod } from './bind-pod.ts';
import { writePodStatus } from './pod-status.ts';
import { tellRefusal } from './tell-refusal.ts';
import { deleteVictims } from './preemption/delete-victims.ts';
import { createProfile } from './profile.ts';
import { defaultConfiguration, type SchedulerConfiguration } from './configuration.ts';
import { SchedulingCore, type Outcome } from './scheduling-core.ts';
import type { PodFacts } from './state/pod-facts.ts';
import { allSynced, watchCluster } from './watch-cluster.ts';

export interface SchedulerOptions extends Surroundings {
  /** One profile with all plugins by default. */
  readonly configuration?: SchedulerConfiguration;
  /** By schedulerName: whose events they are. Else all are `recorder`'s. */
  readonly recorders?: ReadonlyMap<string, Recorder>;
}

/** Bindings and status writes under way at once. */
const maxUnderWay = 32;
/** Every so often, and so old: as kube-scheduler's flush of pods that nothing has helped for long. */
const flushEveryMs = 30_000;
const flushAgeMs = 5 * 60_000;

/**
 * Gives every pod of its profiles a node, until the signal; then waits for what is under way. A pod counts as placed from the moment
 * the node is chosen, so that the next one sees it, and is taken back when the binding fails. A pod that fits nowhere makes room for
 * itself where it may, gets the condition PodScheduled False and a FailedScheduling event, and is tried again when something changes
 * that may help it.
 */
export async function runScheduler(options: SchedulerOptions): Promise<void> {
  const { informers, signal } = options;
  await Promise.race([allSynced(informers), aborted(signal)]);
  if (signal.aborted) return;
  const scheduler = new Scheduler(options);
  const listening = scheduler.listen();
  await Promise.all([scheduler.work(), scheduler.flush()]);
  for (const subscription of listening) subscription[Symbol.dispose]();
  await scheduler.settled();
}

class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #core: SchedulingCore;
  readonly #underWay = new Set<Promise<void>>();
  #writing = 0;
  #wake: () => void = () => undefined;
  #alarm: { readonly at: number; readonly cancel: AbortController } | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    const { clock, random, informers, configuration = defaultConfiguration } = options;
    this.#core = new SchedulingCore({
      clock,
      random,
      profiles: configuration.profiles.map((profile) => createProfile(profile)),
      initialBackoffMs: configuration.podInitialBackoffSeconds * 1000,
      maxBackoffMs: configuration.podMaxBackoffSeconds * 1000,
      budgets: () => informers.informer(PodDisruptionBudget).list(),
    });
  }

  listen(): Disposable[] {
    const { informers, signal } = this.#options;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    return watchCluster(informers, this.#core, () => this.#wake());
  }

  async work(): Promise<void> {
    const { signal, clock } = this.#options;
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      const next = this.#core.queue.wake(clock.now());
      const outcome = this.#writing >= maxUnderWay ? undefined : this.#core.next();
      if (outcome !== undefined) this.#follow(outcome);
      else {
        this.#setAlarm(next);
        await woken;
      }
    }
    this.#alarm?.cancel.abort();
  }

  async flush(): Promise<void> {
    const { signal, clock } = this.#options;
    while (!signal.aborted) {
      // The abort ends the sleep and the loop.
      await clock.sleep(flushEveryMs, { signal, upkeep: true }).catch(() => undefined);
      this.#core.queue.moveOld(clock.now(), flushAgeMs);
      this.#wake();
    }
  }

  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Waiting for volumes is no work: it holds nobody up. */
  #follow(outcome: Outcome): void {
    const waits = outcome.kind === 'bind' && outcome.volumes.bind.length + outcome.volumes.provision.length > 0;
    const cost = waits ? 0 : 1;
    this.#writing += cost;
    const surroundings = this.#surroundingsOf(outcome.pod);
    const work = outcome.kind === 'bind' ? bindPod(surroundings, this.#core, outcome) : this.#refused(outcome, surroundings);
    const tracked = work
      .catch((error: unknown) => this.#options.log.error('the scheduler failed', { error: errorText(error) }))
      .finally(() => {
        this.#underWay.delete(tracked);
        this.#writing -= cost;
        this.#wake();
      });
    this.#underWay.add(tracked);
  }

  #surroundingsOf({ pod }: PodFacts): Surroundings {
    const recorder = this.#options.recorders?.get(pod.spec.schedulerName ?? 'default-scheduler');
    return recorder === undefined ? this.#options : { ...this.#options, recorder };
  }

  async #refused(outcome: Extract<Outcome, { kind: 'refused' }>, surroundings: Surroundings): Promise<void> {
    const { pod, message, nominated, victims, displaced } = outcome;
    tellRefusal(surroundings, pod, message);
    const told = writePodStatus(surroundings, pod, {
      condition: { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message },
      ...(nominated === undefined ? {} : { nominatedNodeName: nominated }),
    });
    if (victims.length === 0) return told;
    for (const other of displaced) await writePodStatus(surroundings, other, { nominatedNodeName: '' });
    await told;
    this.#core.preempted(pod.uid, await deleteVictims(surroundings, pod, { victims, node: nominated ?? '' }));
    this.#wake();
  }

  #setAlarm(at: number | undefined): void {
    if (this.#alarm !== undefined && at !== undefined && this.#alarm.at <= at) return;
    this.#alarm?.cancel.abort();
    this.#alarm = undefined;
    if (at === undefined) return;
    const { clock } = this.#options;
    const alarm = { at, cancel: new AbortController() };
    this.#alarm = alarm;
    clock.sleep(at - clock.now(), { signal: alarm.cancel.signal }).then(
      () => {
        if (this.#alarm === alarm) this.#alarm = undefined;
        this.#wake();
      },
      // Another alarm has taken its place.
      () => undefined,
    );
  }
}
