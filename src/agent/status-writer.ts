import { Pod, type PodCondition, type PodStatus } from '../api/kinds.generated.ts';
import { findCondition, isTrue } from '../api/condition.ts';
import { keyOf, keyText } from '../api/object.ts';
import { isOlderVersion } from '../api/resource-version.ts';
import { isConflict, isNotFound } from '../api/status.ts';
import { loopTurn, type Clock } from '../base/clock.ts';
import { jsonEqual } from '../base/json.ts';
import { ownConditions } from './pod-status.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Cluster } from '../client/cluster.ts';

/** Writes the newest status of one pod, one request at a time: states that come while one is under way are merged into the last. */
export class StatusWriter {
  readonly #context: { readonly cluster: Cluster; readonly clock: Clock; readonly log: Log };
  readonly #after: (settled: boolean) => void;
  #written: PodStatus | undefined;
  #next: { readonly pod: Readonly<Pod>; readonly status: PodStatus } | undefined;
  #writing: Promise<void> | undefined;
  readonly #ended = new AbortController();
  /** resourceVersion of a pod that somebody else had called not ready. */
  #answered: string | undefined;
  /** resourceVersion that our last write made. */
  #writtenVersion: string | undefined;

  /** `after` all that there was to write: settled, or else the pod was not as we knew it, and somebody has to say anew what it is like. */
  constructor(context: { readonly cluster: Cluster; readonly clock: Clock; readonly log: Log }, after: (settled: boolean) => void) {
    this.#context = context;
    this.#after = after;
  }

  get startTime(): string | undefined {
    return this.#written?.startTime;
  }

  /** The pod with the status that we wrote last, which a watch may not have brought back yet; conditions of others are as it brought them. */
  withKnown(pod: Readonly<Pod>): Readonly<Pod> {
    const written = this.#written;
    if (written === undefined) return pod;
    return { ...pod, status: { ...pod.status, ...besideOthers(written, pod) } };
  }

  /** The pod says all that we have written, and nothing is under way. */
  isSettled({ status = {} }: Readonly<Pod>): boolean {
    if (this.#writing !== undefined || this.#next !== undefined) return false;
    const { conditions = [], ...written } = this.#written ?? {};
    const told = (one: PodCondition) => jsonEqual(findCondition(status.conditions, one.type), one);
    return Object.entries(written).every(([key, value]) => jsonEqual(status[key as keyof PodStatus], value)) && conditions.every(told);
  }

  /** A newer state of the pod that says nothing but what we have written ourselves. */
  isEcho(now: Readonly<Pod>, before: Readonly<Pod>): boolean {
    const { resourceVersion, deletionTimestamp } = now.metadata;
    return resourceVersion === this.#writtenVersion && now.spec === before.spec && deletionTimestamp === before.metadata.deletionTimestamp;
  }

  write(pod: Readonly<Pod>, status: PodStatus): void {
    const known = this.#next?.status ?? this.#written ?? pod.status;
    if (jsonEqual(essence(known), essence(status)) && !this.#isOverruled(pod, status)) return;
    this.#next = { pod, status };
    this.#writing ??= this.#drain();
  }

  /**
   * The node was taken as lost and its pods as not ready, but here they are: say it again, once for each version of the pod. A watch that
   * is late shows the same: what is older than our own write overrules nothing.
   */
  #isOverruled(pod: Readonly<Pod>, status: PodStatus): boolean {
    const version = pod.metadata.resourceVersion;
    if (this.#writing !== undefined || version === this.#answered || !isTrue(status.conditions, 'Ready')) return false;
    if (isOlderVersion(version, this.#writtenVersion)) return false;
    if (findCondition(pod.status?.conditions, 'Ready')?.status !== 'False') return false;
    this.#answered = version;
    return true;
  }

  async flushed(): Promise<void> {
    await this.#writing;
  }

  /** What is not written yet is left: the agent ends, or the pod is gone. */
  giveUp(): void {
    this.#ended.abort(new Error('the agent stops'));
  }

  async #drain(): Promise<void> {
    const { signal } = this.#ended;
    // A container that starts at once is told of with its sandbox, in one write.
    await this.#context.clock.outside(loopTurn());
    let settled = true;
    while (this.#next !== undefined && !signal.aborted) {
      const { pod, status } = this.#next;
      this.#next = undefined;
      try {
        this.#written = await this.#send(pod, status);
        settled = true;
      } catch (error) {
        settled = false;
        if (isNotFound(error) || isConflict(error)) continue;
        this.#context.log.warn('cannot write a pod status', { pod: keyText(keyOf(pod)), error: errorText(error) });
        // The abort ends the sleep.
        await this.#context.clock.sleep(1000, { signal }).catch(() => undefined);
        this.#next ??= { pod, status };
      }
    }
    this.#writing = undefined;
    this.#after(settled);
  }

  /**
   * Answers what was written: where somebody else has said something meanwhile, that stands beside it.
   * @throws StatusError NotFound, or Conflict where another pod has its name
   */
  async #send(pod: Readonly<Pod>, status: PodStatus): Promise<PodStatus> {
    const { cluster } = this.#context;
    const key = keyOf(pod);
    for (let [base, said] = [pod, status]; ;) {
      try {
        const patch = { metadata: baseOf(base, said), status: forMerge(said, base.status) };
        this.#writtenVersion = (await cluster.patch(Pod, key, patch, { subresource: 'status' })).metadata.resourceVersion;
        return said;
      } catch (error) {
        if (!isConflict(error)) throw error;
        base = await cluster.get(Pod, key);
        if (base.metadata.uid !== pod.metadata.uid) throw error;
        said = besideOthers(status, base);
      }
    }
  }
}

/** The status with the conditions of others as they stand on the pod. */
function besideOthers(status: PodStatus, pod: Readonly<Pod>): PodStatus {
  const own = (status.conditions ?? []).filter((one) => ownConditions.has(one.type));
  return { ...status, conditions: [...own, ...(pod.status?.conditions ?? []).filter((one) => !ownConditions.has(one.type))] };
}

/** A list of conditions replaces that of the server: what others have said in it must not have changed since. */
function baseOf({ metadata: { uid, resourceVersion } }: Readonly<Pod>, { conditions = [] }: PodStatus): Record<string, unknown> {
  return conditions.every((one) => ownConditions.has(one.type)) ? { uid } : { uid, resourceVersion };
}

/** What must differ for a write to be worth it. */
function essence(status: PodStatus | undefined): unknown {
  return status ?? {};
}

/** As a merge patch: what the new status lacks is removed; lists replace lists. */
function forMerge(status: PodStatus, before: PodStatus | undefined): Record<string, unknown> {
  const gone = Object.keys(before ?? {}).filter((key) => !(key in status) && ours.has(key));
  return { ...status, ...Object.fromEntries(gone.map((key) => [key, null])) };
}
const ours = new Set(['reason', 'message', 'podIP', 'podIPs', 'initContainerStatuses']);
