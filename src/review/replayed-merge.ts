import type { Forecast, Rollout } from '../api/forecast.ts';
import { refText, type ObjectKey, type ObjectRef } from '../api/object.ts';
import type { PlanStep } from '../api/plan.ts';
import type { ReplayedFact, ReplayedMerge, ReplayedRestart } from '../api/replay.ts';
import type { ApplicationReview, Caution, Review } from '../api/review.ts';
import type { SourceCommit } from '../gitops/source.ts';

/** What was found of one merge. */
export interface Judged {
  readonly review: Review;
  readonly forecast?: Forecast;
  /** Files that differ between the merge and its first parent. */
  readonly touched: ReadonlySet<string>;
  /** Objects of the base, as `refText`, by application: those too that the server of today does not take. */
  readonly stood: (application: ObjectKey) => ReadonlySet<string>;
}

/** Data goes, and no revert brings it back. */
const losing: ReadonlySet<string> = new Set(['deletes-data', 'volume-shrinks']);
/** The server says no. */
const refusing: ReadonlySet<string> = new Set([
  'immutable-field',
  'refused',
  'not-served',
  'belongs-to-another',
  'claimed-twice',
  'field-conflict',
]);
/** Two objects, or two places, have to be read together to see it. */
const relating: ReadonlySet<string> = new Set([
  'selects-nothing',
  'missing-reference',
  'missing-key',
  'missing-port',
  'autoscaler-fights',
  'blocks-evictions',
  'left-behind',
  'recreated',
  'stale-config',
  'network-closes',
  'suspended-application',
]);

/** What one merge did, sorted by what a person asks: what restarted, what was refused, what was lost, what nobody could see. Pure. */
export function replayedMerge(commit: SourceCommit, judged: Judged): ReplayedMerge {
  const { review, forecast, stood } = judged;
  const changed = review.applications.filter(({ change }) => change === 'added' || change === 'removed' || change === 'changed');
  const steps = changed.flatMap(({ application, plan }) =>
    (plan?.steps ?? []).map((step) => ({ ...step, action: actionOf(step, stood(application)) })),
  );
  const count = (action: PlanStep['action']) => steps.filter((step) => step.action === action).length;
  const { coverage } = forecast ?? {};
  const facts = (cautions: readonly Caution[]) => distinct(cautions.map((caution) => factOf(caution)));
  const cautions = review.cautions.filter(({ rule }) => !refusing.has(rule));
  return {
    commit: commit.commit,
    base: commit.parents[0] ?? '',
    subject: commit.subject,
    author: commit.author,
    committedAt: commit.committedAt,
    applications: changed.map(({ application }) => application.name),
    create: count('create'),
    update: count('configure'),
    replace: count('recreate'),
    delete: count('prune'),
    hidden: review.applications.flatMap(({ hidden }) => hidden).reduce((sum, one) => sum + one.count, 0),
    restarted: restartsOf(forecast),
    refused: refusalsOf(review),
    lost: facts(cautions.filter(({ rule }) => losing.has(rule))),
    unseen: unseenOf(judged, changed),
    noted: facts(cautions.filter(({ rule }) => !losing.has(rule) && !relating.has(rule))),
    unjudged: review.applications
      .filter(({ change, failure }) => change === 'failed' && failure?.stage === 'render')
      .map(({ application }) => application.name),
    ...(coverage === undefined || coverage.changed === 0 ? {} : { coverage: { changed: coverage.changed, judged: coverage.judged } }),
  };
}

/** An object that was there in a version which is no longer served is not new: it is written in another version. */
function actionOf({ action, ref }: PlanStep, stood: ReadonlySet<string>): PlanStep['action'] {
  return action === 'create' && stood.has(refText(ref)) ? 'configure' : action;
}
function factOf({ rule, ref, application, message, origin }: Caution): ReplayedFact {
  return {
    rule,
    ...(ref === undefined ? {} : { ref }),
    ...(application === undefined ? {} : { application }),
    message,
    ...(origin === undefined ? {} : { origin }),
  };
}

function restartsOf(forecast: Forecast | undefined): ReplayedRestart[] {
  return (forecast?.rollouts ?? [])
    .filter(({ kind }) => kind === 'restarts')
    .map(({ workload, because, worst, desired, startMs, endMs, stuck }) => ({
      workload,
      because: because.map(({ what, name }) => (what === 'field' ? name : `${what} ${name}`.trim())),
      worst: Math.min(worst.available, desired),
      desired,
      ...(endMs === undefined ? {} : { tookMs: endMs - startMs }),
      ...(stuck === undefined ? {} : { stuck: [stuck.reason, stuck.message].filter((part) => part !== '').join(': ') }),
    }));
}

/** What the server says no to: single objects, and applications that do not even get so far. */
function refusalsOf({ applications, cautions }: Review): ReplayedFact[] {
  const out = cautions.filter(({ rule }) => refusing.has(rule)).map((caution) => factOf(caution));
  for (const { application, change, failure } of applications) {
    if (change !== 'failed' || failure === undefined || failure.stage === 'render') continue;
    if (failure.problems.length === 0) out.push({ rule: 'refused', application, message: failure.message });
    for (const { path, line, message } of failure.problems) out.push({ rule: 'refused', application, message, origin: { path, line } });
  }
  return distinct(out);
}

/** What the merge did and its text does not say. */
function unseenOf({ review, forecast, touched }: Judged, changed: readonly ApplicationReview[]): ReplayedFact[] {
  const out: ReplayedFact[] = [];
  const far = changed.filter(
    ({ change, path, plan }) => change === 'changed' && !touches(touched, path) && (plan?.steps.some(acts) ?? false),
  );
  const [first] = far;
  if (first !== undefined) out.push(fromAfar(far, touched));
  for (const rollout of forecast?.rollouts ?? []) out.push(...ofRollout(rollout));
  out.push(...(forecast?.findings ?? []).map((finding) => factOf(finding)));
  out.push(...review.cautions.filter(({ rule }) => relating.has(rule)).map((caution) => factOf(caution)));
  for (const { steps } of plansOf(changed))
    for (const step of steps)
      if (step.why?.startsWith('order only') === true) out.push({ rule: 'order-only', ref: step.ref, message: step.why });
  if (out.length === 0 && changed.length === 0 && hiddenIn(review) > 0)
    out.push({ rule: 'no-effect', message: `its text touches ${objects(hiddenIn(review))}${rulesIn(review)}, and none of them changes` });
  return distinct(out);
}
function plansOf(changed: readonly ApplicationReview[]): { steps: readonly PlanStep[] }[] {
  return changed.flatMap(({ plan }) => plan ?? []);
}
function acts({ action }: PlanStep): boolean {
  return action === 'create' || action === 'configure' || action === 'recreate' || action === 'prune';
}
function touches(touched: ReadonlySet<string>, folder: string): boolean {
  return folder === '' || [...touched].some((file) => file === folder || file.startsWith(`${folder}/`));
}
/** Applications that change through folders of others. */
function fromAfar(far: readonly ApplicationReview[], touched: ReadonlySet<string>): ReplayedFact {
  const names = far.map(({ application }) => application.name);
  const shown = names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
  const files = [...touched].filter((file) => /\.(ya?ml|json|tpl|env|properties|conf|toml)$/i.test(file));
  const through = files.length === 0 ? '' : ` (through ${files.slice(0, 2).join(', ')}${files.length > 2 ? ' …' : ''})`;
  const what =
    far.length === 1 ? 'changes, and no file in its own folder was touched' : 'change, and no file in their own folders was touched';
  return { rule: 'from-afar', message: `${shown} ${what}${through}` };
}
/** Pods run with what they read when they began, so its change ends them by a name that changes with the content. */
function ofRollout({ workload: ref, kind, because }: Rollout): ReplayedFact[] {
  const by = because.filter(({ what }) => what === 'ConfigMap' || what === 'Secret').map(({ what, name }) => `${what} ${name}`);
  return kind === 'restarts' && by.length > 0
    ? [{ rule: 'restarts-by-what-it-reads', ref, message: `restarts because of ${by.join(', ')}` }]
    : [];
}
function hiddenIn({ applications }: Review): number {
  return applications.flatMap(({ hidden }) => hidden).reduce((sum, { count }) => sum + count, 0);
}
function rulesIn({ applications }: Review): string {
  const rules = [...new Set(applications.flatMap(({ hidden }) => hidden.map(({ rule }) => rule)))];
  return rules.length === 0 ? '' : ` (${rules.join(', ')})`;
}
function objects(count: number): string {
  return count === 1 ? '1 object' : `${count} objects`;
}
/** One line for what is so of the same object in several clusters. */
function distinct(facts: readonly ReplayedFact[]): ReplayedFact[] {
  const out = new Map<string, ReplayedFact>();
  for (const fact of facts) {
    const known = out.get(factId(fact));
    out.set(factId(fact), known === undefined ? fact : { ...known, count: (known.count ?? 1) + 1 });
  }
  return [...out.values()];
}
/** Equal for what says the same, whatever cluster it is in. */
export function factId({ rule, ref, application, message }: ReplayedFact): string {
  const about: ObjectRef | string | undefined = ref === undefined ? application?.name : ref;
  return JSON.stringify([rule, about ?? '', message]);
}
