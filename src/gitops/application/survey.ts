import { Application } from '../../api/kinds.generated.ts';
import { keyOf, keyText, type Kind, type KubeObject } from '../../api/object.ts';
import { holdsOf } from '../budget.ts';
import { readChunks, type StoredManifest } from '../chunks.ts';
import { mapConcurrent } from '../concurrent.ts';
import type { Execution } from '../execute.ts';
import type { FindingOptions } from '../findings.ts';
import { isOpen, manifestsOf, ownedChunks } from '../history.ts';
import { inspect, predictOptionsOf, type Inspection, type InspectOptions } from '../inspect.ts';
import { planIdOf } from '../plan-id.ts';
import { adopting, noteSettled, plan, type PruneCandidate, type Step } from '../plan.ts';
import { refOf } from '../../api/object.ts';
import { trackingValue } from '../tracking.ts';
import { type Wanted } from './wanted.ts';
import { kindLookup } from '../reading.ts';
import type { Subject, Surroundings } from './surroundings.ts';

/** What is wanted against what is there, and what would be done about it. */
export interface Survey {
  readonly wanted: Wanted;
  readonly steps: readonly Step[];
  readonly planId: string;
  /** Why it waits for approval. */
  readonly holds: readonly string[];
  /** What was applied before, by name; the newer of two. */
  readonly inventory: ReadonlyMap<string, StoredManifest>;
  readonly execution: Execution;
}

export async function survey(around: Surroundings, subject: Subject, wanted: Wanted): Promise<Survey> {
  const { application, settings, tracked } = subject;
  const key = keyOf(application);
  const inventory = await inventoryOf(around, subject);
  tracked.owned = new Set(inventory.keys());
  tracked.wants = new Set(wanted.set.byName.keys());
  const lastApplied = await lastAppliedOf(around, subject, inventory);
  const finished = finishedJobs(subject);
  const options: InspectOptions = { application: key, respect: settings.respect, finished, memo: tracked.memo, lastApplied };
  for (const item of wanted.set.items) if (item.kind !== undefined) around.registry.watchKind(item.kind);
  const inspections = await inspect(around.target, wanted.set, options);
  const findings: FindingOptions = {
    application: key,
    lastApplied,
    ownedBy: await foreignOwners(around, inspections),
  };
  const candidates = await pruneCandidates(around, subject, { wanted, inventory });
  const steps = plan({ ...findings, inspections, candidates, prune: settings.prune });
  noteSettled(subject.tracked.memo, steps);
  const execution: Execution = {
    target: around.target,
    clock: around.context.clock,
    signal: around.context.signal,
    inspect: options,
    predict: await predictOptionsOf(around.target, wanted.set, options),
    findings,
    written: around.written,
  };
  const destination = settings.context === undefined ? {} : { context: settings.context };
  const holds = holdsOf(steps, { owned: inventory.size, budget: settings.budget, adopt: adopting(settings.adopt) });
  return { wanted, steps, planId: planIdOf(key, destination, steps), holds, inventory, execution };
}

/** All that this application counts as its own: of a sync that runs both what was and what comes. */
async function inventoryOf(around: Surroundings, subject: Subject): Promise<Map<string, StoredManifest>> {
  const names = [...ownedChunks(subject)];
  const items = await readChunks(around.store, subject.application.metadata.namespace ?? '', names, subject.tracked.chunks);
  return new Map(items.map((item) => [item.name, item]));
}

/** What the last sync that ended had set; of objects that it did not have, what the running one sets. */
async function lastAppliedOf(
  around: Surroundings,
  { revisions, tracked }: Subject,
  inventory: ReadonlyMap<string, StoredManifest>,
): Promise<FindingOptions['lastApplied']> {
  const last = revisions.findLast((revision) => !isOpen(revision) && revision.status?.outcome !== 'Superseded');
  const stored = last === undefined ? [] : await manifestsOf(around.store, last, tracked.chunks);
  const before = new Map(stored.map((item) => [item.name, item.object]));
  return (name): KubeObject | undefined =>
    (tracked.applied.has(name) ? undefined : before.get(name)) ?? inventory.get(name)?.object ?? before.get(name);
}

/** Jobs that ended well: of this history, and of hooks those that ran for the same manifests (their name says so). */
function finishedJobs({ revisions }: Subject): ReadonlySet<string> {
  return new Set(revisions.flatMap((revision) => revision.status?.finished ?? []));
}

/** Answers whether another application still counts an object as its own; one that does not exist counts nothing. */
async function foreignOwners(around: Surroundings, inspections: readonly Inspection[]): Promise<FindingOptions['ownedBy']> {
  const others = new Set<string>();
  for (const { prediction } of inspections) if (typeof prediction?.ownership === 'object') others.add(prediction.ownership.application);
  const owned = new Map<string, ReadonlySet<string>>();
  if (others.size > 0) {
    for (const application of around.context.informer(Application).list()) {
      const tracking = trackingValue(keyOf(application));
      if (!others.has(tracking)) continue;
      const items = await readChunks(around.store, application.metadata.namespace ?? '', application.status?.inventory?.chunks ?? []);
      owned.set(tracking, new Set(items.map((item) => item.name)));
    }
  }
  return (tracking, name) => owned.get(tracking)?.has(name) === true;
}

async function pruneCandidates(
  around: Surroundings,
  subject: Subject,
  { wanted, inventory }: { wanted: Wanted; inventory: ReadonlyMap<string, StoredManifest> },
): Promise<PruneCandidate[]> {
  const left = [...inventory.values()].filter((item) => !wanted.set.byName.has(item.name));
  const kindOf = kindLookup(around.target.cluster);
  return mapConcurrent(left, 16, async (item): Promise<PruneCandidate> => {
    const kind = await kindOf(item.object);
    const ref = refOf(item.object);
    if (kind !== undefined) around.registry.watchKind(kind);
    const live = kind === undefined ? undefined : await around.target.live.get(kind satisfies Kind, ref);
    const other = around.registry.others(subject.tracked.key).find((each) => each.wants.has(item.name));
    return { ref, kind, live, object: item.object, ...(other === undefined ? {} : { wantedBy: keyText(other.key) }) };
  });
}
