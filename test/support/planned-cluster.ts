import { createLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { refText, type KubeObject, type ObjectKey } from '../../src/api/object.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startControlPlane } from '../../src/controlplane/start.ts';
import type { ResourceKind } from '../../src/kinds/kind.ts';
import { loadKinds } from '../../src/kinds/load.ts';
import { storedManifest, type StoredManifest } from '../../src/gitops/chunks.ts';
import { executeSteps, type Execution, type Outcome } from '../../src/gitops/execute.ts';
import { listingReader, Shapes, WrittenObjects } from '../../src/gitops/live.ts';
import { changes } from '../../src/gitops/plan-id.ts';
import { planOnce, type PlannedOnce } from '../../src/gitops/plan-once.ts';
import type { Step } from '../../src/gitops/plan.ts';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import type { SourceSpec, Sources } from '../../src/gitops/source.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import { trackingValue } from '../../src/gitops/tracking.ts';
import { createValidate } from '../../src/gitops/validate.ts';

/** An API server in memory without controllers, planned for and applied to as one application, without waiting for health. */
export interface PlannedCluster {
  readonly cluster: Connection;
  plan(source?: Partial<SourceSpec>): Promise<PlannedOnce>;
  /** The same of files that are in no repository. */
  planFiles(files: Readonly<Record<string, string>>): Promise<PlannedOnce>;
  /** Executes the steps in order; what was applied is the inventory of the next plan. */
  apply(planned: PlannedOnce): Promise<readonly Outcome[]>;
  stop(): Promise<void>;
}

let kinds: readonly ResourceKind[] | undefined;
const application = { namespace: 'default', name: 'app' };

export async function startPlannedCluster(options: { sources?: Sources; repo?: string } = {}): Promise<PlannedCluster> {
  const clock = new SimulatedClock();
  kinds ??= loadKinds();
  const plane = await startControlPlane({
    kinds,
    clock,
    random: seededRandom(1),
    log: createLog(() => undefined, 'error'),
    controllers: [],
    scheduler: false,
  });
  const cluster = plane.cluster();
  const signal = new AbortController().signal;
  const memory = new MemorySource(clock);
  const engine = { renderers: createRenderers(), validate: createValidate(clock) };
  let inventory: readonly StoredManifest[] = [];
  let last: readonly string[] = [];
  const plan = (sources: Sources, source: SourceSpec) => {
    const base = {
      source: { repo: source.repo, path: source.path, revision: 'base', commit: 'base' },
      standBefore: () => Promise.resolve({ inventory, notes: [], still: new Set<string>() }),
    };
    return planOnce({ ...engine, cluster, sources, source, application, unserved: 'skip', base, signal });
  };
  return {
    cluster,
    plan: (source = {}) =>
      plan(options.sources ?? memory, { repo: options.repo ?? 'repo', path: '', revision: '', intervalMs: 30_000, ...source }),
    planFiles: (files) => {
      const gone = Object.fromEntries(last.map((name) => [name, null]));
      last = Object.keys(files);
      memory.commit('repo', { ...gone, ...files });
      return plan(memory, { repo: 'repo', path: '', revision: '', intervalMs: 30_000 });
    },
    apply: async ({ steps }) => {
      const outcomes: Outcome[] = [];
      for (const group of [...new Set(steps.map((step) => step.group))].sort((a, b) => a - b)) {
        const now = steps.filter((step) => step.group === group && step.action !== 'blocked');
        outcomes.push(...(await executeSteps(now, executionOf(cluster, { clock, signal, steps, inventory, application }))));
      }
      inventory = steps.flatMap((step) => (step.inspection === undefined ? [] : [storedManifest(step.inspection.desired)]));
      return outcomes;
    },
    stop: () => plane.stop(),
  };
}

/** What executing steps of one application needs. */
export function executionOf(
  cluster: Connection,
  about: Pick<Execution, 'clock' | 'signal'> & {
    steps: readonly Step[];
    inventory: readonly StoredManifest[];
    application: ObjectKey;
  },
): Execution {
  const { clock, signal, inventory, application } = about;
  const applied = new Map<string, KubeObject>(inventory.map((item) => [item.name, item.object]));
  const lastApplied = (name: string) => applied.get(name);
  return {
    target: { cluster, live: listingReader(cluster), shapes: new Shapes(cluster) },
    clock,
    signal,
    inspect: { application, respect: [], finished: new Set(), lastApplied },
    predict: { tracking: trackingValue(application), respect: [], autoscaled: new Set(), runFor: '', lastApplied },
    findings: { application, lastApplied, ownedBy: () => true },
    written: new WrittenObjects(),
  };
}

/** What a plan still wants to do, in words: empty right after a sync. */
export function wanted({ steps }: PlannedOnce): readonly string[] {
  return steps
    .filter((step) => changes(step) || step.action === 'blocked')
    .map((step) => `${step.action} ${refText(step.ref)}: ${JSON.stringify(step.patch)}`);
}
/** Outcomes that are no success, in words. */
export function troubles(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap((outcome) => (outcome.result === 'done' ? [] : [`${outcome.result}: ${outcome.message}`]));
}
