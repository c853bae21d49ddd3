import { Lease, type LeaseSpec } from '../api/kinds.generated.ts';
import type { ObjectKey } from '../api/object.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../api/status.ts';
import { microTimestamp, parseTime, type Clock } from '../base/clock.ts';
import { clone } from '../base/json.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Cluster } from '../client/cluster.ts';

export interface LeaderOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly lease: ObjectKey;
  /** Unique per process. */
  readonly identity: string;
  /** How long others wait after the last renewal, 15 s. */
  readonly leaseMs?: number;
  /** The holder steps down when it could not renew for so long, 10 s. */
  readonly renewMs?: number;
  /** Between two attempts, 2 s. */
  readonly retryMs?: number;
  /** Told when this identity begins and ceases to lead: `became leader`, `stopped leading`. */
  told?(lease: Readonly<Lease>, what: string): void;
}

/** What the leader does. It ends with the signal; before each write it asks `holds`. */
export type Lead = (signal: AbortSignal, holds: () => boolean) => Promise<void>;

interface Held {
  /** The renewal seen last, and when this process saw it: clocks of two machines are never compared. */
  text: string;
  seenAt: number;
  /** As it was read or written last. */
  lease: Readonly<Lease> | undefined;
}

/**
 * Leads while this identity holds the lease (coordination.k8s.io/v1, as client-go's leader election): `lead` is called with a signal
 * that aborts when the lease is lost, and again when it is won again. Gives the lease back at the end.
 *
 * `holds` turns false on its own, by time alone, before anybody else may take over: a process that stood still for a while, and whose
 * timers have not run yet, is told so by its first look.
 */
export async function runAsLeader(options: LeaderOptions, lead: Lead): Promise<void> {
  const { clock, random, signal, retryMs = 2000, renewMs = 10_000, log } = options;
  const held: Held = { text: '', seenAt: clock.now(), lease: undefined };
  while (!signal.aborted) {
    const at = clock.now();
    if (await within(renewMs, options, tryAcquire(options, held))) {
      log.info('leading', { lease: options.lease.name, identity: options.identity });
      await leadWhileHeld(options, { held, renewedAt: at }, lead);
    }
    await clock.sleep(retryMs * (1 + 0.2 * random.next()), { signal, upkeep: true }).catch(() => undefined);
  }
}

async function leadWhileHeld(options: LeaderOptions, term: { held: Held; renewedAt: number }, lead: Lead): Promise<void> {
  const { clock, signal, renewMs = 10_000, log } = options;
  const leading = new AbortController();
  const stop = (): void => leading.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  tell(options, term.held, 'became leader');
  const holds = (): boolean => !leading.signal.aborted && clock.now() - term.renewedAt < renewMs;
  const work = lead(leading.signal, holds).catch((error: unknown) => {
    if (!leading.signal.aborted) log.error('the leader failed', { error: errorText(error) });
  });
  const ended = work.then(() => leading.abort(new Error('the leader has ended')));
  await renewUntilLost(options, term, leading);
  await ended;
  signal.removeEventListener('abort', stop);
  tell(options, term.held, 'stopped leading');
  await giveBack(options);
}

async function renewUntilLost(options: LeaderOptions, term: { held: Held; renewedAt: number }, leading: AbortController): Promise<void> {
  const { clock, retryMs = 2000, renewMs = 10_000, lease, identity } = options;
  const { signal } = leading;
  const lose = (): void => leading.abort(new Error(`the lease ${lease.name} was lost`));
  while (!signal.aborted) {
    await clock.sleep(retryMs, { signal, upkeep: true }).catch(() => undefined);
    if (signal.aborted) return;
    const at = clock.now();
    const leftMs = term.renewedAt + renewMs - at;
    if (leftMs <= 0) return lose();
    if (await within(leftMs, { clock, signal }, tryAcquire(options, term.held))) term.renewedAt = at;
    else if (isOthers(term.held, identity) || clock.now() - term.renewedAt >= renewMs) lose();
  }
}

function isOthers({ lease }: Held, identity: string): boolean {
  const holder = lease?.spec?.holderIdentity ?? '';
  return holder !== '' && holder !== identity;
}

/** False also when there was no answer in time. */
async function within(ms: number, { clock, signal }: Pick<LeaderOptions, 'clock' | 'signal'>, work: Promise<boolean>): Promise<boolean> {
  const answered = new AbortController();
  const limit = AbortSignal.any([answered.signal, signal]);
  const late = clock.sleep(ms, { signal: limit, upkeep: true }).then(
    () => false,
    () => (signal.aborted ? false : work),
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    answered.abort();
  }
}

function tell({ told, identity }: LeaderOptions, { lease }: Held, what: string): void {
  if (lease !== undefined) told?.(lease, `${identity} ${what}`);
}

/** Takes or renews the lease; false when somebody else holds it or the write failed. Never rejects. */
async function tryAcquire(options: LeaderOptions, held: Held): Promise<boolean> {
  const { cluster, lease, identity, log } = options;
  // Who held it a moment ago need not read it first.
  const known = held.lease?.spec?.holderIdentity === identity ? held.lease : undefined;
  try {
    const live = known ?? (await find(options));
    held.lease = live;
    if (live !== undefined && !free(options, held, live)) return false;
    held.lease = await (live === undefined ? cluster.create(Lease, firstTerm(options)) : cluster.update(Lease, nextTerm(options, live)));
    return true;
  } catch (error) {
    // It is read afresh, by the next attempt or, to know at once whether it is lost, now.
    held.lease = known === undefined ? undefined : await find(options).catch(() => undefined);
    if (!isConflict(error) && !isAlreadyExists(error) && !isNotFound(error))
      log.warn('the lease could not be renewed', { lease: lease.name, error: errorText(error) });
    return false;
  }
}

function termNow({
  clock,
  identity,
  leaseMs = 15_000,
}: LeaderOptions): Pick<LeaseSpec, 'holderIdentity' | 'leaseDurationSeconds' | 'renewTime'> {
  return { holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseMs / 1000), renewTime: microTimestamp(clock) };
}

function firstTerm(options: LeaderOptions): Lease {
  const { name, namespace } = options.lease;
  const spec = { ...termNow(options), acquireTime: microTimestamp(options.clock), leaseTransitions: 0 };
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec };
}

function nextTerm(options: LeaderOptions, live: Readonly<Lease>): Lease {
  const { spec } = live;
  const mine = spec?.holderIdentity === options.identity;
  const now = microTimestamp(options.clock);
  const leaseTransitions = (spec?.leaseTransitions ?? 0) + (mine ? 0 : 1);
  const acquireTime = mine ? (spec?.acquireTime ?? now) : now;
  return { ...clone<Lease>(live), spec: { ...spec, ...termNow(options), leaseTransitions, acquireTime } };
}

async function find({ cluster, lease }: LeaderOptions): Promise<Readonly<Lease> | undefined> {
  try {
    return await cluster.get(Lease, lease);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function free(options: LeaderOptions, held: Held, lease: Readonly<Lease>): boolean {
  const { clock, identity, leaseMs = 15_000 } = options;
  const text = `${lease.spec?.holderIdentity} ${lease.spec?.renewTime}`;
  if (text !== held.text) {
    held.text = text;
    held.seenAt = clock.now();
  }
  const holder = lease.spec?.holderIdentity ?? '';
  if (holder === '' || holder === identity || parseTime(lease.spec?.renewTime) === undefined) return true;
  return clock.now() - held.seenAt >= (lease.spec?.leaseDurationSeconds ?? leaseMs / 1000) * 1000;
}

async function giveBack(options: LeaderOptions): Promise<void> {
  const { cluster, lease, identity, log } = options;
  try {
    const found = await cluster.get(Lease, lease);
    if (found.spec?.holderIdentity !== identity) return;
    const next = clone<Lease>(found) as Lease;
    const { holderIdentity: _mine, ...term } = next.spec;
    next.spec = { ...term, leaseDurationSeconds: 1 };
    await cluster.update(Lease, next);
  } catch (error) {
    log.warn('the lease could not be given back', { lease: lease.name, error: errorText(error) });
  }
}
