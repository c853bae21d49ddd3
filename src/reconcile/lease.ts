import { Lease } from '../api/kinds.generated.ts';
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
}

interface Held {
  /** The renewal seen last, and when this process saw it: clocks of two machines are never compared. */
  text: string;
  seenAt: number;
}

/**
 * Leads while this identity holds the lease (coordination.k8s.io/v1, as client-go's leader election): `lead` is called with a signal
 * that aborts when the lease is lost, and again when it is won again. Gives the lease back at the end.
 */
export async function runAsLeader(options: LeaderOptions, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { clock, random, signal, retryMs = 2000, log } = options;
  const held: Held = { text: '', seenAt: clock.now() };
  while (!signal.aborted) {
    if (await tryAcquire(options, held)) {
      log.info('leading', { lease: options.lease.name, identity: options.identity });
      await leadWhileHeld(options, held, lead);
    }
    await clock.sleep(retryMs * (1 + 0.2 * random.next()), { signal, upkeep: true }).catch(() => undefined);
  }
}

async function leadWhileHeld(options: LeaderOptions, held: Held, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { clock, signal, retryMs = 2000, renewMs = 10_000, log } = options;
  const leading = new AbortController();
  const stop = (): void => leading.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const work = lead(leading.signal).catch((error: unknown) => {
    if (!leading.signal.aborted) log.error('the leader failed', { error: errorText(error) });
  });
  const ended = work.then(() => leading.abort(new Error('the leader has ended')));
  let renewedAt = clock.now();
  while (!leading.signal.aborted) {
    await clock.sleep(retryMs, { signal: leading.signal, upkeep: true }).catch(() => undefined);
    if (leading.signal.aborted) break;
    if (await tryAcquire(options, held)) renewedAt = clock.now();
    else if (clock.now() - renewedAt >= renewMs) leading.abort(new Error(`the lease ${options.lease.name} was lost`));
  }
  await ended;
  signal.removeEventListener('abort', stop);
  await giveBack(options);
}

/** Takes or renews the lease; false when somebody else holds it or the write failed. */
async function tryAcquire(options: LeaderOptions, held: Held): Promise<boolean> {
  const { cluster, clock, lease, identity, leaseMs = 15_000, log } = options;
  const now = microTimestamp(clock);
  const term = { holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseMs / 1000), renewTime: now };
  try {
    const found = await cluster.get(Lease, lease).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (found === undefined) {
      const metadata = { name: lease.name, namespace: lease.namespace };
      await cluster.create(Lease, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata,
        spec: { ...term, acquireTime: now, leaseTransitions: 0 },
      });
      return true;
    }
    if (!free(options, held, found)) return false;
    const next = clone<Lease>(found) as Lease;
    const mine = found.spec?.holderIdentity === identity;
    const transitions = (found.spec?.leaseTransitions ?? 0) + (mine ? 0 : 1);
    next.spec = { ...next.spec, ...term, leaseTransitions: transitions, acquireTime: mine ? (found.spec?.acquireTime ?? now) : now };
    await cluster.update(Lease, next);
    return true;
  } catch (error) {
    if (!isConflict(error) && !isAlreadyExists(error))
      log.warn('the lease could not be renewed', { lease: lease.name, error: errorText(error) });
    return false;
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
