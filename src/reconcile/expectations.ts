import type { Clock } from '../base/clock.ts';

interface Expected {
  creations: number;
  /** Names of objects that were deleted and not yet seen to be gone. */
  readonly deletions: Set<string>;
  readonly since: number;
}

/** Expectations older than this are given up, as in kube-controller-manager (ExpectationsTimeout). */
const timeoutMs = 5 * 60_000;
const none: ReadonlySet<string> = new Set();

/**
 * Keeps a controller from acting twice on a stale cache: what it has written counts as expected until the informer shows it.
 * Keys are the controller's own (`namespace/name`); deletions are told apart by the object's own key, so that one seen twice counts once.
 */
export class Expectations {
  readonly #clock: Clock;
  readonly #expected = new Map<string, Expected>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be called before the first create of a batch is sent. Adds to what is still expected. */
  expectCreations(key: string, count: number): void {
    const { creations, deletions } = this.#outstanding(key);
    this.#expected.set(key, { creations: creations + count, deletions, since: this.#clock.now() });
  }

  /** To be called before the first delete of a batch is sent. Adds to what is still expected. */
  expectDeletions(key: string, objects: Iterable<string>): void {
    const { creations, deletions } = this.#outstanding(key);
    this.#expected.set(key, { creations, deletions: new Set([...deletions, ...objects]), since: this.#clock.now() });
  }

  /** Nothing where it has been given up. */
  #outstanding(key: string): Pick<Expected, 'creations' | 'deletions'> {
    const expected = this.#expected.get(key);
    return expected === undefined || this.satisfied(key) ? { creations: 0, deletions: new Set() } : expected;
  }

  /** The informer showed a new object, or a create failed and will never be shown. */
  creationObserved(key: string): void {
    const expected = this.#expected.get(key);
    if (expected !== undefined && expected.creations > 0) expected.creations--;
  }

  /** The informer showed that it is gone or going, or the delete failed. */
  deletionObserved(key: string, object: string): void {
    this.#expected.get(key)?.deletions.delete(object);
  }

  /** What was deleted under this key and the cache does not show so. */
  going(key: string): ReadonlySet<string> {
    return this.#expected.get(key)?.deletions ?? none;
  }

  /** True when the cache shows everything that was written under this key, or when waiting for it has become pointless. */
  satisfied(key: string): boolean {
    const expected = this.#expected.get(key);
    if (expected === undefined) return true;
    if (expected.creations === 0 && expected.deletions.size === 0) return true;
    return this.#clock.now() - expected.since > timeoutMs;
  }

  /** Of an object that is gone. */
  forget(key: string): void {
    this.#expected.delete(key);
  }
}
