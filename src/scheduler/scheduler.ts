import { Namespace, Node, Pod, type Binding, type PodCondition } from '../api/kinds.generated.ts';
import { keyOf, keyText, type Kind, type KubeObject } from '../api/object.ts';
import { findCondition, withCondition } from '../api/condition.ts';
import { isConflict, isNotFound } from '../api/status.ts';
import { aborted } from '../base/abort.ts';
import { Backoff } from '../base/backoff.ts';
import { timestamp } from '../base/clock.ts';
import { jsonEqual } from '../base/json.ts';
import { errorText } from '../base/log.ts';
import type { Surroundings } from '../reconcile/run-controller.ts';
import { ClusterState } from './cluster-state.ts';
import type { Hint, Plugin } from './plugin.ts';
import { plugins as defaultPlugins } from './plugins/index.ts';
import { podFacts, type PodFacts } from './pod-facts.ts';
import { schedule, unschedulableMessage, type Decision } from './schedule.ts';
import { SchedulingQueue } from './scheduling-queue.ts';

export interface SchedulerOptions extends Surroundings {
  /** Pods that name it in spec.schedulerName are its own: `default-scheduler`. */
  readonly name?: string;
  readonly plugins?: readonly Plugin[];
}

/** Bindings and status writes under way at once. */
const maxUnderWay = 64;
/** Every so often, and so old: as kube-scheduler's flush of pods that nothing has helped for long. */
const flushEveryMs = 30_000;
const flushAgeMs = 5 * 60_000;

/**
 * Gives every pod of its name a node, until the signal; then waits for what is under way. A pod counts as placed from the moment
 * the node is chosen, so that the next one sees it, and is taken back when the binding fails. A pod that fits nowhere gets the
 * condition PodScheduled False and a FailedScheduling event, and is tried again when something changes that may help it.
 */
export async function runScheduler(options: SchedulerOptions): Promise<void> {
  const { informers, signal } = options;
  const synced = [informers.informer(Node), informers.informer(Namespace), informers.informer(Pod)].map((informer) => informer.synced);
  await Promise.race([Promise.all(synced), aborted(signal)]);
  if (signal.aborted) return;
  const scheduler = new Scheduler(options);
  const listening = scheduler.listen();
  await Promise.all([scheduler.work(), scheduler.flush()]);
  for (const subscription of listening) subscription[Symbol.dispose]();
  await scheduler.settled();
}

class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #name: string;
  readonly #plugins: readonly Plugin[];
  readonly #state = new ClusterState();
  readonly #queue: SchedulingQueue;
  /** Placed by us, not yet seen in the cache. */
  readonly #assumed = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();
  #start = 0;
  #wake: () => void = () => undefined;
  #alarm: { readonly at: number; readonly cancel: AbortController } | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#name = options.name ?? 'default-scheduler';
    this.#plugins = options.plugins ?? defaultPlugins;
    this.#queue = new SchedulingQueue(this.#plugins);
  }

  listen(): Disposable[] {
    const { informers, signal } = this.#options;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    return [
      informers.informer(Node).onChange((node, previous) => this.#nodeChanged(node, previous)),
      informers.informer(Namespace).onChange((namespace, previous) => {
        const name = (namespace ?? previous)?.metadata.name ?? '';
        if (namespace === undefined) this.#state.namespaceLabels.delete(name);
        else this.#state.namespaceLabels.set(name, namespace.metadata.labels ?? {});
      }),
      informers.informer(Pod).onChange((pod, previous) => this.#podChanged(pod, previous)),
    ];
  }

  async work(): Promise<void> {
    const { signal, clock } = this.#options;
    while (!signal.aborted) {
      if (this.#underWay.size >= maxUnderWay) {
        await Promise.race(this.#underWay);
        continue;
      }
      const next = this.#queue.wake(clock.now());
      const pod = this.#queue.pop();
      if (pod === undefined) {
        this.#setAlarm(next);
        await new Promise<void>((resolve) => (this.#wake = resolve));
      } else this.#try(pod);
    }
    this.#alarm?.cancel.abort();
  }

  async flush(): Promise<void> {
    const { signal, clock } = this.#options;
    while (!signal.aborted) {
      // The abort ends the sleep and the loop.
      await clock.sleep(flushEveryMs, { signal, upkeep: true }).catch(() => undefined);
      this.#queue.moveOld(clock.now(), flushAgeMs);
      this.#wake();
    }
  }

  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #nodeChanged(node: Readonly<Node> | undefined, previous: Readonly<Node> | undefined): void {
    if (node !== undefined) {
      if (this.#state.setNode(node)) this.#helped();
    } else if (previous !== undefined) this.#state.removeNode(previous.metadata.name);
  }

  #podChanged(pod: Readonly<Pod> | undefined, previous: Readonly<Pod> | undefined): void {
    const gone = previous?.metadata.uid;
    if (gone !== undefined && pod === undefined) {
      this.#queue.remove(gone);
      this.#assumed.delete(gone);
      this.#takeAway(gone);
    }
    if (pod === undefined) return;
    const uid = pod.metadata.uid ?? '';
    const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if ((pod.spec.nodeName ?? '') !== '') {
      this.#queue.remove(uid);
      this.#assumed.delete(uid);
      if (finished) this.#takeAway(uid);
      else this.#place(pod);
    } else if (!this.#assumed.has(uid)) {
      if (finished || !this.#isOurs(pod)) this.#queue.remove(uid);
      else this.#enqueue(pod, previous);
    }
  }

  #isOurs(pod: Readonly<Pod>): boolean {
    return (
      (pod.spec.schedulerName ?? 'default-scheduler') === this.#name &&
      pod.metadata.deletionTimestamp === undefined &&
      (pod.spec.schedulingGates ?? []).length === 0
    );
  }

  #enqueue(pod: Readonly<Pod>, previous: Readonly<Pod> | undefined): void {
    const facts = podFacts(pod);
    const known = previous !== undefined && this.#queue.has(facts.uid);
    if (known && jsonEqual(pod.spec, previous.spec) && jsonEqual(pod.metadata.labels, previous.metadata.labels)) this.#queue.refresh(facts);
    else {
      this.#queue.add(facts);
      this.#wake();
    }
  }

  /** A pod that has its node, by us or by others. Writes to its status concern nobody here. */
  #place(pod: Readonly<Pod>): void {
    const nodeName = pod.spec.nodeName as string;
    const placed = this.#state.placed(pod.metadata.uid ?? '');
    if (placed !== undefined && placed.at.name === nodeName && sameToOthers(placed.facts.pod, pod)) return;
    this.#state.addPod(podFacts(pod), nodeName);
    this.#helped('podPlaced');
  }

  #takeAway(uid: string): void {
    if (this.#state.removePod(uid) !== undefined) this.#helped('podRemoved');
  }

  #helped(hint?: Hint): void {
    this.#queue.move(this.#options.clock.now(), hint);
    this.#wake();
  }

  #try(pod: PodFacts): void {
    const decision = schedule(pod, this.#state, { plugins: this.#plugins, random: this.#options.random, start: this.#start });
    this.#start = (this.#start + decision.looked) % Math.max(1, this.#state.nodes.length);
    if (decision.node === undefined) this.#follow(this.#refuse(pod, decision));
    else {
      this.#state.addPod(pod, decision.node.name);
      this.#assumed.add(pod.uid);
      this.#queue.move(this.#options.clock.now(), 'podPlaced');
      this.#follow(this.#bind(pod, decision.node.name));
    }
  }

  #follow(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#options.log.error('the scheduler failed', { error: errorText(error) }))
      .finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  async #bind(pod: PodFacts, nodeName: string): Promise<void> {
    const { cluster, recorder, signal } = this.#options;
    const binding: Binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: pod.name, namespace: pod.namespace, uid: pod.uid },
      target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
    };
    try {
      // The binding is a subresource of the pod: the kind gives the path, the object is of another kind.
      await cluster.create(Pod as Kind<KubeObject>, binding, { subresource: 'binding' });
      recorder.event(pod.pod, 'Normal', {
        reason: 'Scheduled',
        message: `Successfully assigned ${pod.namespace}/${pod.name} to ${nodeName}`,
      });
    } catch (error) {
      if (!signal.aborted) await this.#bindingFailed(pod, error);
    }
  }

  /**
   * The place stays taken until it is known that the pod is not there: a binding whose answer was lost may have been made, and the
   * cache may show it late.
   */
  async #bindingFailed(pod: PodFacts, error: unknown): Promise<void> {
    const { recorder, log } = this.#options;
    log.debug('a binding failed', { pod: keyText(pod), error: errorText(error) });
    if (isNotFound(error) || !(await this.#isUnbound(pod))) return;
    if (!this.#assumed.delete(pod.uid)) return; // The cache has shown meanwhile what became of it.
    this.#takeAway(pod.uid);
    this.#retry(pod);
    if (isConflict(error)) return;
    const message = `Binding rejected: ${errorText(error)}`;
    recorder.event(pod.pod, 'Warning', { reason: 'FailedScheduling', message });
    await this.#setCondition(pod, { reason: 'SchedulerError', message });
  }

  /** Asks the server itself, as long as it takes. False too for a pod that is gone: the cache will say so. */
  async #isUnbound(pod: PodFacts): Promise<boolean> {
    const { cluster, clock, signal } = this.#options;
    const backoff = new Backoff({ firstMs: 50, maxMs: 5000 });
    while (!signal.aborted && this.#assumed.has(pod.uid)) {
      try {
        const live = await cluster.get(Pod, pod);
        return live.metadata.uid === pod.uid && (live.spec.nodeName ?? '') === '';
      } catch (error) {
        if (isNotFound(error)) return false;
        // The abort ends the sleep and the loop.
        await clock.sleep(backoff.nextMs(''), { signal }).catch(() => undefined);
      }
    }
    return false;
  }

  /** With what the cache has of it now; not at all when it is gone or placed. */
  #retry(pod: PodFacts): void {
    const latest = this.#options.informers.informer(Pod).get(pod);
    if (latest?.metadata.uid !== pod.uid || (latest.spec.nodeName ?? '') !== '' || !this.#isOurs(latest)) return;
    this.#queue.retryLater(podFacts(latest), this.#options.clock.now());
    this.#wake();
  }

  async #refuse(pod: PodFacts, decision: Extract<Decision, { node: undefined }>): Promise<void> {
    const { clock, recorder } = this.#options;
    const message = unschedulableMessage(this.#state.nodes.length, decision.reasons);
    this.#queue.rest(pod, decision.rejectedBy, clock.now());
    recorder.event(pod.pod, 'Warning', { reason: 'FailedScheduling', message });
    await this.#setCondition(pod, { reason: 'Unschedulable', message });
  }

  async #setCondition(pod: PodFacts, what: { reason: string; message: string }): Promise<void> {
    const { cluster, clock, informers, signal, log } = this.#options;
    const latest = informers.informer(Pod).get(pod);
    if (latest === undefined || latest.metadata.uid !== pod.uid) return;
    const old = findCondition(latest.status?.conditions, 'PodScheduled');
    if (old?.status === 'False' && old.reason === what.reason && old.message === what.message) return;
    const condition: PodCondition = { type: 'PodScheduled', status: 'False', ...what };
    const conditions = withCondition(latest.status?.conditions, condition, timestamp(clock));
    const { uid, resourceVersion } = latest.metadata;
    try {
      await cluster.patch(Pod, keyOf(latest), { metadata: { uid, resourceVersion }, status: { conditions } }, { subresource: 'status' });
    } catch (error) {
      // Stale or gone: the next attempt says it again.
      if (!signal.aborted && !isConflict(error) && !isNotFound(error)) {
        log.warn('a pod condition could not be written', { pod: keyText(pod), error: errorText(error) });
      }
    }
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

/** Do other pods see any difference? */
function sameToOthers(a: Readonly<Pod>, b: Readonly<Pod>): boolean {
  return (
    a.metadata.generation === b.metadata.generation &&
    a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
    jsonEqual(a.metadata.labels, b.metadata.labels)
  );
}
