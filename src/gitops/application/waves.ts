import { ApplicationRevision } from '../../api/kinds.generated.ts';
import { keyOf, type KubeObject } from '../../api/object.ts';
import { valueAt } from '../../base/json.ts';
import { executeSteps, type Outcome } from '../execute.ts';
import { finishedName, type Inspection } from '../inspect.ts';
import type { Step } from '../plan.ts';
import { isHook } from '../predict.ts';
import { healthOfAll, passes, worstText, type ObjectHealth } from './gate.ts';
import { driftOf, sayHealed } from './healed.ts';
import type { Survey } from './survey.ts';
import type { Subject, Surroundings } from './surroundings.ts';

/** Where a sync stands after a pass over its waves. */
export type Progress =
  /** All is applied and healthy; what is left is to prune. */
  | { readonly kind: 'reached' }
  | { readonly kind: 'waiting'; readonly wave: number; readonly message: string }
  /** The cluster is not as it was when the plan was made. */
  | { readonly kind: 'changed'; readonly message: string }
  /** An error that can pass. */
  | { readonly kind: 'retry'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

export type Pause = Exclude<Progress, { kind: 'reached' }>;

/** One phase and wave of a plan. */
interface Wave {
  readonly wave: number;
  readonly steps: readonly Step[];
}

/** Does what the waves ask for, one after the other; the next one begins when all objects of this one are healthy. */
export async function runWaves(around: Surroundings, subject: Subject, found: Survey): Promise<Progress> {
  for (const wave of wavesOf(found.steps)) {
    const progress = await runWave(around, subject, { found, wave });
    if (progress !== undefined) return progress;
  }
  return { kind: 'reached' };
}

/** Prune steps that go first stand in the wave of what they make room for; all others come after the waves. */
function wavesOf(steps: readonly Step[]): Wave[] {
  const out: { wave: number; phase: string; steps: Step[] }[] = [];
  for (const step of steps) {
    if (isLatePrune(step)) continue;
    const last = out.at(-1);
    if (last?.wave === step.wave && last.phase === step.phase) last.steps.push(step);
    else out.push({ wave: step.wave, phase: step.phase, steps: [step] });
  }
  return out;
}
export function isLatePrune(step: Step): boolean {
  return step.prune !== undefined && step.findings?.some((finding) => finding.kind === 'exclusive') !== true;
}

async function runWave(around: Surroundings, subject: Subject, { found, wave }: { found: Survey; wave: Wave }): Promise<Pause | undefined> {
  const blocked = wave.steps.find((step) => step.action === 'blocked');
  if (blocked !== undefined) return { kind: 'failed', message: `${blocked.name}: ${blocked.why ?? 'it cannot be applied'}` };
  const groups = [...new Set(wave.steps.map((step) => step.group))];
  for (const group of groups) {
    const inGroup = wave.steps.filter((step) => step.group === group && step.send !== 'nothing');
    // what makes room goes before what needs it
    for (const part of [inGroup.filter((step) => step.send === 'delete'), inGroup.filter((step) => step.send !== 'delete')]) {
      const trouble = await runSteps(subject, found, part, (step, again) => {
        // while a sync runs its objects are kept true as well
        if (driftOf(step) !== undefined || (again && step.send === 'create')) sayHealed(around, subject.application, step);
      });
      if (trouble !== undefined) return trouble;
    }
  }
  const inspections = wave.steps.flatMap((step) => step.inspection ?? []);
  const health = await healthOfAll(around, inspections);
  await rememberFinished(around, subject, { found, health });
  const lost = health.find((each) => each.health.forGood === true);
  if (lost !== undefined) return { kind: 'failed', message: worstText([lost]) ?? '' };
  if (health.every((each) => passes(each.health))) return undefined;
  return { kind: 'waiting', wave: wave.wave, message: worstText(health) ?? '' };
}

/** Executes steps of one group; undefined when all is done. `done` is told of each that was, and whether this sync had applied it before. */
export async function runSteps(
  { tracked }: Subject,
  found: Survey,
  steps: readonly Step[],
  done?: (step: Step, again: boolean) => void,
): Promise<Pause | undefined> {
  if (steps.length === 0) return undefined;
  const outcomes = await executeSteps(steps, found.execution);
  for (const outcome of outcomes) {
    if (outcome.result === 'done') done?.(outcome.step, tracked.applied.has(outcome.step.name));
    noteOutcome(tracked, outcome);
  }
  for (const outcome of outcomes) if (outcome.result === 'failed' && outcome.forGood) return { kind: 'failed', message: outcome.message };
  for (const outcome of outcomes) if (outcome.result === 'changed') return { kind: 'changed', message: outcome.message };
  for (const outcome of outcomes) if (outcome.result === 'failed') return { kind: 'retry', message: outcome.message };
  return undefined;
}

function noteOutcome(tracked: Subject['tracked'], outcome: Outcome): void {
  const { step } = outcome;
  tracked.memo.forget(step.name);
  if (outcome.result !== 'done' || step.inspection === undefined) return;
  tracked.applied.add(step.name);
  tracked.healthySince = undefined;
  if (outcome.object !== undefined && step.findings === undefined) tracked.memo.note(step.inspection.desired, outcome.object);
}

/** Writes down which Jobs have ended well and may be gone when somebody looks again, so that none runs twice. */
async function rememberFinished(
  around: Surroundings,
  { tracked, revisions, application }: Subject,
  { found, health }: { found: Survey; health: readonly ObjectHealth[] },
): Promise<void> {
  const revision = revisions.at(-1);
  if (revision === undefined) return;
  const known = new Set(revisions.flatMap((each) => each.status?.finished ?? []));
  const runFor = found.wanted.set.digest;
  const fresh = health
    .filter((each) => each.desired.object.kind === 'Job' && each.health.status === 'Healthy' && mayVanish(each))
    .map((each) => finishedName(each.desired, runFor))
    .filter((name) => !known.has(name));
  if (fresh.length === 0) return;
  const newest = tracked.revisions.get(revision.spec.number) ?? revision;
  const finished = [...(newest.status?.finished ?? []), ...fresh].sort();
  const key = { namespace: application.metadata.namespace ?? '', name: keyOf(revision).name };
  const written = await around.store.patch(ApplicationRevision, key, { status: { finished } }, { subresource: 'status' });
  tracked.revisions.set(revision.spec.number, written);
}
function mayVanish({ desired, object }: ObjectHealth): boolean {
  return isHook(desired) || valueAt(object ?? (desired.object satisfies KubeObject), ['spec', 'ttlSecondsAfterFinished']) !== undefined;
}

/** The inspections behind the steps, for health. */
export function inspectionsOf(steps: readonly Step[]): Inspection[] {
  return steps.flatMap((step) => step.inspection ?? []);
}
