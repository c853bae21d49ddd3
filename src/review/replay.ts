import type { Forecast } from '../api/forecast.ts';
import { keyText, type ObjectKey } from '../api/object.ts';
import type { Replay, ReplayedFact, ReplayedMerge, Unjudged } from '../api/replay.ts';
import type { Review } from '../api/review.ts';
import type { Clock } from '../base/clock.ts';
import { mapConcurrent } from '../gitops/concurrent.ts';
import type { SourceCommit } from '../gitops/source.ts';
import { factId, replayedMerge } from './replayed-merge.ts';
import type { Reviewed } from './review.ts';

/** What there is to replay. */
export interface Steps {
  readonly steps: Replay['steps'];
  /** Newest first; each has a first parent. */
  readonly commits: readonly SourceCommit[];
  readonly short?: string;
}
export interface ReplayRequest {
  readonly clock: Pick<Clock, 'now'>;
  readonly repo: string;
  readonly revision: string;
  readonly steps: Steps;
  /** What the merge did, and what of the text it touched. */
  readonly review: (base: string, head: string) => Promise<{ readonly reviewed: Reviewed; readonly touched: ReadonlySet<string> }>;
  /** What it does to what runs; undefined where nothing that is judged changes. */
  readonly forecast: (reviewed: Reviewed) => Promise<Forecast | undefined>;
  /** Called when a merge has been judged. */
  readonly progress: (done: number, merge: ReplayedMerge) => void;
  /** How many at a time; default 2: while one is rendered by other programs, another is judged here. */
  readonly parallel?: number;
}

/** How many commits are looked at for each merge that is asked for. */
const lookBack = 20;

/**
 * The last merges of a branch: commits with more than one parent on the line of first parents. A branch that hardly has any (one in
 * ten) is taken commit by commit.
 */
export function stepsOf(history: readonly SourceCommit[], last: number, by?: Replay['steps']): Steps {
  const merges = history.filter(({ parents }) => parents.length > 1);
  const steps = by ?? (merges.length * 10 >= history.length && merges.length > 0 ? 'merges' : 'commits');
  const all = (steps === 'merges' ? merges : history).filter(({ parents }) => parents.length > 0);
  const commits = all.slice(0, last);
  const oldest = history.at(-1);
  const cut = oldest !== undefined && oldest.parents.length > 0 && history.length < lookedAt(last);
  if (commits.length === last) return { steps, commits };
  // Of a commit whose parent was cut off, nothing can be told.
  const whole = cut ? commits.filter((commit) => commit !== oldest) : commits;
  return { steps, commits: whole, short: cut ? 'the clone is shallow (git fetch --unshallow brings the rest)' : 'there are no more' };
}
/** How much history is needed to find that many merges. */
export function lookedAt(last: number): number {
  return Math.max(200, last * lookBack);
}

/** Each merge reviewed and forecast against its first parent. */
export async function replay(request: ReplayRequest): Promise<Replay> {
  const { clock, steps, progress } = request;
  const began = clock.now();
  let newest: Review | undefined;
  let done = 0;
  const judged = await mapConcurrent(steps.commits, request.parallel ?? 2, async (commit, index) => {
    const { reviewed, touched } = await request.review(commit.parents[0] ?? '', commit.commit);
    const forecast = await request.forecast(reviewed);
    if (index === 0) newest = reviewed.review;
    const stood = stoodIn(reviewed);
    const merge = replayedMerge(commit, { review: reviewed.review, touched, stood, ...(forecast === undefined ? {} : { forecast }) });
    progress(++done, merge);
    return { merge, review: reviewed.review };
  });
  const { merges, standing } = onlyWhatIsNew(onlyItsOwn(judged.map(({ merge }) => merge)));
  return {
    apiVersion: 'steersman.dev/v1',
    kind: 'Replay',
    repo: newest?.repo ?? request.repo,
    revision: request.revision,
    steps: steps.steps,
    judgedBy: newest?.judgedBy ?? '',
    merges,
    found: newest?.found ?? [],
    notUnderstood: newest?.notUnderstood ?? [],
    unjudged: unjudgedIn(judged.map(({ review }) => review)),
    standing,
    ...(steps.short === undefined ? {} : { short: steps.short }),
    tookMs: clock.now() - began,
  };
}

function stoodIn({ applications }: Reviewed): (application: ObjectKey) => ReadonlySet<string> {
  const names = new Map(applications.map(({ application, base }) => [keyText(application), new Set(base.byName.keys())]));
  return (application) => names.get(keyText(application)) ?? new Set();
}

/** What is so merge after merge was brought about by one of them, or by none: it stays with the oldest. */
function onlyWhatIsNew(merges: readonly ReplayedMerge[]): Pick<Replay, 'merges' | 'standing'> {
  const seen = new Map<string, { fact: ReplayedFact; merges: number }>();
  const fresh = (fact: ReplayedFact) => {
    const known = seen.get(factId(fact)) ?? { fact, merges: 0 };
    known.merges++;
    seen.set(factId(fact), known);
    return known.merges === 1;
  };
  const own = merges.toReversed().map((merge) => ({
    ...merge,
    unseen: merge.unseen.filter((fact) => !lasting(fact) || fresh(fact)),
  }));
  return { merges: own.toReversed(), standing: [...seen.values()].filter((one) => one.merges > 1).reverse() };
}
/** What a merge does anew each time, and what is a state. */
function lasting({ rule }: ReplayedFact): boolean {
  return rule !== 'from-afar' && rule !== 'no-effect' && rule !== 'order-only' && rule !== 'restarts-by-what-it-reads' && rule !== 'outage';
}

/** What an application was refused for before is not what a later merge did: there it could not be judged. */
function onlyItsOwn(merges: readonly ReplayedMerge[]): ReplayedMerge[] {
  const known = new Map<string, string>();
  const idOf = (fact: ReplayedFact) => (fact.application === undefined ? '' : keyText(fact.application));
  return merges
    .toReversed()
    .map((merge) => {
      const whole = merge.refused.filter(({ ref, application }) => ref === undefined && application !== undefined);
      const messages = new Map<string, string>();
      for (const fact of whole) messages.set(idOf(fact), `${messages.get(idOf(fact)) ?? ''}${fact.message}\n`);
      const before = new Set([...messages].filter(([id, message]) => known.get(id) === message).map(([id]) => id));
      for (const [id, message] of messages) known.set(id, message);
      if (before.size === 0) return merge;
      const again = whole.filter((fact) => before.has(idOf(fact)));
      const names = [...new Set(again.map(({ application }) => application?.name ?? ''))];
      return { ...merge, refused: merge.refused.filter((fact) => !again.includes(fact)), unjudged: [...merge.unjudged, ...names] };
    })
    .toReversed();
}

/** What could not be judged, by its reason, what concerns most merges first. */
function unjudgedIn(reviews: readonly Review[]): Unjudged[] {
  const found = new Map<string, { applications: Set<string>; merges: Set<number> }>();
  reviews.forEach((review, index) => {
    for (const { application, change, failure } of review.applications) {
      if (change !== 'failed' || failure === undefined || failure.stage !== 'render') continue;
      const message = withoutWarnings(failure.message);
      const known = found.get(message) ?? { applications: new Set<string>(), merges: new Set<number>() };
      known.applications.add(keyText(application));
      known.merges.add(index);
      found.set(message, known);
    }
  });
  return [...found]
    .map(([message, { applications, merges }]) => ({ message, applications: [...applications].sort(), merges: merges.size }))
    .sort((a, b) => b.merges - a.merges || (a.message < b.message ? -1 : 1));
}
/** What a program warns of beside its error is not why it failed. */
function withoutWarnings(message: string): string {
  return message
    .split('\n')
    .map((line) => line.replace(/# Warning:.*$/, '').trim())
    .filter((line) => line !== '')
    .join(' ');
}
