import type { Transport } from '../api/http.ts';
import type { KubeObject } from '../api/object.ts';
import { runAsLeader } from '../reconcile/lease.ts';
import { Components, type ComponentOptions } from './components.ts';
import { informersUser } from './identities.ts';

/** Who stands for election, and how patient everybody is. */
export interface Election {
  /** Unique among those who may lead. */
  readonly identity: string;
  /** 15 s, 10 s and 2 s, as kube-controller-manager (see LeaderOptions). */
  readonly leaseMs?: number;
  readonly renewMs?: number;
  readonly retryMs?: number;
}

/** One lease for controllers and scheduler: they live and end together. */
export const leaderLease = { namespace: 'kube-system', name: 'kube-controller-manager' } as const;

/** A write that came too late: another process may lead by now. */
export class LeaseLost extends Error {
  constructor() {
    super('this process does not lead any more: its write is not sent');
    this.name = 'LeaseLost';
  }
}

/**
 * Runs components while this process holds the lease, and none before and after. Nothing that they write is sent once the lease may be
 * somebody else's, whatever still runs: each write asks first, by the clock. Answers what ends them and gives the lease back.
 */
export function runElected(options: ComponentOptions, election: Election, begin: (components: Components) => void): () => Promise<void> {
  const { clock, random, log } = options;
  const ending = new AbortController();
  const { signal } = ending;
  const component = 'kube-controller-manager';
  const cluster = options.clusterOf(informersUser, component);
  const recorder = options.events.recorder({ cluster, signal, component });
  const told = (lease: KubeObject, message: string): void => recorder.event(lease, 'Normal', { reason: 'LeaderElection', message });
  const running = runAsLeader({ cluster, clock, random, log, signal, lease: leaderLease, told, ...election }, async (leading, holds) => {
    const gate = (handle: Transport): Transport => gated(handle, holds);
    const components = new Components({ ...options, clusterOf: (user, agent) => options.clusterOf(user, agent, gate) });
    begin(components);
    await new Promise<void>((resolve) => {
      if (leading.aborted) resolve();
      leading.addEventListener('abort', () => resolve(), { once: true });
    });
    await components.stop();
  });
  return async () => {
    ending.abort(new Error('the control plane stops'));
    await running;
  };
}

function gated(handle: Transport, holds: () => boolean): Transport {
  return (request) => (request.method === 'GET' || holds() ? handle(request) : Promise.reject(new LeaseLost()));
}
