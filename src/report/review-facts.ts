import type { Forecast, Rollout } from '../api/forecast.ts';
import { keyText, refText, type ObjectRef } from '../api/object.ts';
import type { PlanStep } from '../api/plan.ts';
import type { ApplicationReview, Caution, Move, Review } from '../api/review.ts';
import { changesSomething } from './wording.ts';

/** Objects by what becomes of them. A rename counts as one move, not as a delete and a create. */
export interface Counts {
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
  readonly move: number;
  readonly blocked: number;
}
/** What the reports say of one application. */
export interface ApplicationFacts {
  readonly review: ApplicationReview;
  /** Without its namespace where no other has the name. */
  readonly name: string;
  readonly counts: Counts;
  /** What changes, the most dangerous first; without what only moves. */
  readonly steps: readonly PlanStep[];
  readonly moves: readonly MoveFacts[];
  /** Workloads of it that restart. */
  readonly restarts: readonly Rollout[];
  readonly cautions: readonly Caution[];
}
/** `step`: what creates the object under its new name; absent where only the owner moves. */
export interface MoveFacts extends Move {
  readonly step?: PlanStep;
}
/** Everything that every report says of a review, found once. */
export interface ReviewFacts {
  /** Those that something happens to, the most dangerous first. */
  readonly changed: readonly ApplicationFacts[];
  readonly failed: readonly ApplicationFacts[];
  readonly unchanged: number;
  readonly counts: Counts;
  readonly blockers: readonly Caution[];
  readonly cautions: readonly Caution[];
  readonly restarts: readonly Rollout[];
  /** Over all applications, the most frequent rule first. */
  readonly hidden: readonly { readonly rule: string; readonly count: number }[];
}

/** Dangerous steps first. */
const danger: readonly PlanStep['action'][] = ['blocked', 'prune', 'recreate', 'configure', 'create', 'skip', 'unchanged'];

export function factsOf(review: Review, forecast?: Forecast): ReviewFacts {
  const all = cautionsOf(review, forecast);
  const names = nameCounts(review);
  const facts = review.applications.map((application) => applicationFacts(application, { all, names, forecast }));
  const failed = facts.filter(({ review: { change } }) => change === 'failed');
  const changed = facts.filter((one) => one.review.change !== 'failed' && happens(one));
  return {
    changed: changed.sort((a, b) => dangerOf(b) - dangerOf(a) || (a.name < b.name ? -1 : 1)),
    failed,
    unchanged: facts.length - changed.length - failed.length,
    counts: { ...sum(changed.map(({ counts }) => counts)), move: distinctMoves(changed) },
    blockers: all.filter(({ severity }) => severity === 'blocker'),
    cautions: all.filter(({ severity }) => severity === 'caution'),
    restarts: (forecast?.rollouts ?? []).filter(({ kind }) => kind === 'restarts'),
    hidden: hiddenOf(review),
  };
}

/** True where a merge does nothing at all that a person would call a change. */
export function changesNothing(facts: ReviewFacts): boolean {
  return facts.changed.length === 0 && facts.failed.length === 0;
}

function happens(facts: ApplicationFacts): boolean {
  const { review, steps, moves, restarts } = facts;
  return steps.length > 0 || moves.length > 0 || restarts.length > 0 || review.change === 'added' || review.change === 'removed';
}

/** Those with blockers first, then with deletes, then with replaces, then the rest. */
function dangerOf({ cautions, counts }: ApplicationFacts): number {
  if (counts.blocked > 0 || cautions.some(({ severity }) => severity === 'blocker')) return 3;
  if (counts.delete > 0) return 2;
  return counts.replace > 0 ? 1 : 0;
}

interface Surroundings {
  readonly all: readonly Caution[];
  readonly names: ReadonlyMap<string, number>;
  readonly forecast: Forecast | undefined;
}
function applicationFacts(review: ApplicationReview, { all, names, forecast }: Surroundings): ApplicationFacts {
  const { application, plan } = review;
  const steps = plan?.steps ?? [];
  const byRef = new Map(steps.map((step) => [refText(step.ref), step]));
  const moves = review.moves.map((move): MoveFacts => {
    const step = byRef.get(refText(move.to));
    return step?.action === 'create' ? { ...move, step } : move;
  });
  const moved = new Set(moves.flatMap((move) => (sameRef(move.from, move.to) ? [] : [refText(move.from), refText(move.to)])));
  const changing = steps.filter((step) => changesSomething(step) && !moved.has(refText(step.ref)));
  const key = keyText(application);
  return {
    review,
    name: (names.get(application.name) ?? 0) > 1 ? key : application.name,
    counts: { ...countSteps(changing), move: moves.length },
    steps: changing.sort((a, b) => danger.indexOf(a.action) - danger.indexOf(b.action)),
    moves,
    restarts: (forecast?.rollouts ?? []).filter((rollout) => rollout.kind === 'restarts' && byRef.has(refText(rollout.workload))),
    cautions: all.filter((caution) => caution.application !== undefined && keyText(caution.application) === key),
  };
}

function nameCounts(review: Review): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { application } of review.applications) counts.set(application.name, (counts.get(application.name) ?? 0) + 1);
  return counts;
}

function countSteps(steps: readonly PlanStep[]): Counts {
  const of = (action: PlanStep['action']) => steps.filter((step) => step.action === action).length;
  const [create, update, replace, gone, blocked] = [of('create'), of('configure'), of('recreate'), of('prune'), of('blocked')];
  return { create, update, replace, delete: gone, move: 0, blocked };
}
function sum(counts: readonly Counts[]): Counts {
  const of = (name: keyof Counts) => counts.reduce((total, each) => total + each[name], 0);
  return {
    create: of('create'),
    update: of('update'),
    replace: of('replace'),
    delete: of('delete'),
    move: of('move'),
    blocked: of('blocked'),
  };
}
/** A move between applications may be told by both. */
function distinctMoves(changed: readonly ApplicationFacts[]): number {
  return new Set(changed.flatMap(({ moves }) => moves.map(({ from, to }) => `${refText(from)}\n${refText(to)}`))).size;
}
export function sameRef(a: ObjectRef, b: ObjectRef): boolean {
  return refText(a) === refText(b);
}

function hiddenOf(review: Review): { rule: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { hidden } of review.applications) {
    for (const { rule, count } of hidden) if (count > 0) counts.set(rule, (counts.get(rule) ?? 0) + count);
  }
  return [...counts].map(([rule, count]) => ({ rule, count })).sort((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1));
}

/** What the review and the forecast found, what could not be planned, and steps that the server would refuse; each once, blockers first. */
function cautionsOf(review: Review, forecast: Forecast | undefined): Caution[] {
  const found = [...review.cautions, ...(forecast?.findings ?? [])];
  const told = new Set(found.filter(({ severity }) => severity === 'blocker').map(({ ref }) => (ref === undefined ? '' : refText(ref))));
  const failures = review.applications.flatMap((application) => failureCautions(application));
  const refused = review.applications.flatMap((application) => refusals(application).filter(({ ref }) => !told.has(refText(ref))));
  const all = new Map<string, Caution>();
  for (const caution of [...failures, ...found, ...refused]) {
    const { ref, application } = caution;
    const about = ref === undefined ? (application === undefined ? '' : keyText(application)) : refText(ref);
    const key = `${caution.rule}\n${about}\n${caution.message}`;
    if (!all.has(key)) all.set(key, caution);
  }
  const list = [...all.values()];
  return [...list.filter(({ severity }) => severity === 'blocker'), ...list.filter(({ severity }) => severity !== 'blocker')];
}

function failureCautions({ application, failure, change }: ApplicationReview): Caution[] {
  if (failure === undefined) return [];
  const severity = change === 'failed' ? 'blocker' : 'caution';
  const rule = `${failure.stage}-failed`;
  const { problems } = failure;
  if (problems.length === 0) return [{ rule, severity, application, message: failure.message }];
  return problems.map(({ path, line, message }) => ({ rule, severity, application, message, origin: { path, line } }));
}

function refusals({ application, plan }: ApplicationReview): (Caution & { ref: ObjectRef })[] {
  return (plan?.steps ?? []).flatMap((step) =>
    (step.findings ?? [])
      .filter(({ blocks }) => blocks)
      .map((finding) => ({
        rule: finding.kind,
        severity: 'blocker' as const,
        application,
        ref: step.ref,
        message: finding.message,
        ...(finding.fields === undefined ? {} : { fields: finding.fields }),
        ...(step.origin === undefined ? {} : { origin: step.origin }),
      })),
  );
}
