import { keyText } from '../api/object.ts';
import type { LiveHealth } from '../api/review.ts';
import type { Plan } from '../api/plan.ts';
import { StatusError } from '../api/status.ts';
import { errorText } from '../base/log.ts';
import type { Cluster } from '../client/cluster.ts';
import { storedManifest } from '../gitops/chunks.ts';
import { listingReader } from '../gitops/live.ts';
import { kindLookup } from '../gitops/reading.ts';
import { planRead } from '../gitops/plan-once.ts';
import type { Renderer } from '../gitops/renderer.ts';
import type { Sources, SourceSpec } from '../gitops/source.ts';
import { createValidate } from '../gitops/validate.ts';
import { ReconcileError } from '../reconcile/controller.ts';
import type { Clock } from '../base/clock.ts';
import { healthNow } from './live-health.ts';
import type { PlannedPair } from './plan-pairs.ts';

export interface DriftOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly sources: Sources;
  readonly renderers: readonly Renderer[];
  readonly source: SourceSpec;
  /** Of the base. */
  readonly commit: string;
  readonly signal: AbortSignal;
}
/** By application, `namespace/name`: what the cluster has differently from the base; and why it could not be told of the others. */
export interface Drift {
  readonly plans: ReadonlyMap<string, Plan>;
  /** By application, how it stands there. */
  readonly health: ReadonlyMap<string, LiveHealth>;
  readonly notes: readonly string[];
}

/**
 * What stands otherwise in a live cluster than the base says, of the applications that change: their sync undoes it too. Asks by dry runs
 * alone and writes nothing.
 */
export async function driftOf(planned: readonly PlannedPair[], options: DriftOptions): Promise<Drift> {
  const plans = new Map<string, Plan>();
  const health = new Map<string, LiveHealth>();
  const notes: string[] = [];
  const live = listingReader(options.cluster);
  const looking = { live, kindOf: kindLookup(options.cluster), nowMs: options.clock.now() };
  for (const one of planned) {
    const name = keyText(one.application);
    if (one.base === undefined || one.base.failure !== undefined) continue;
    try {
      const { plan } = await planRead(
        {
          ...{ cluster: options.cluster, sources: options.sources, renderers: options.renderers, signal: options.signal, live },
          ...{ application: one.application, namespace: one.base.found.namespace, prune: one.base.found.prune, unserved: 'skip' },
          // There it may be kept by an application of another name.
          others: { wantedBy: () => undefined, ownedBy: () => false },
          applied: one.baseSet.items.map(storedManifest),
          source: { ...options.source, path: one.base.found.path, revision: options.commit },
          validate: createValidate(options.clock),
        },
        { manifests: one.baseSet.items.map(({ manifest }) => manifest), notes: [], commit: options.commit },
      );
      if (plan.steps.some(({ action }) => drifts.has(action))) plans.set(name, plan);
      health.set(name, await healthNow(one.baseSet.items, looking));
    } catch (error) {
      if (!(error instanceof StatusError || error instanceof ReconcileError)) throw error;
      notes.push(`${name}: it could not be held against the live cluster: ${errorText(error)}`);
    }
  }
  return { plans, health, notes };
}
const drifts = new Set(['configure', 'create', 'recreate', 'prune']);
