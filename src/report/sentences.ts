import type { Forecast, Rollout } from '../api/forecast.ts';
import { keyText } from '../api/object.ts';
import type { Caution, ImageChange, LiveHealth, Move, Review, ReviewRevision } from '../api/review.ts';
import { changesNothing, sameRef, type Counts, type ReviewFacts } from './review-facts.ts';
import { printable, refName } from './wording.ts';

/** `2 create, 5 update, 1 delete`; '' where nothing does. */
export function countsText(counts: Counts): string {
  const parts = (['create', 'update', 'replace', 'delete', 'move', 'blocked'] as const).filter((name) => counts[name] > 0);
  return parts.map((name) => `${counts[name]} ${name}`).join(', ');
}

export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** The kinds whose removal takes data or other objects with it. */
const precious = new Set(['StatefulSet', 'PersistentVolumeClaim', 'PersistentVolume', 'Namespace', 'CustomResourceDefinition']);

/** What a merge does, in parts that a report may stress or colour. */
export interface Verdict {
  /** `3 applications change: 2 create, 5 update` or `No changes`. */
  readonly changes: string;
  /** `1 delete (StatefulSet shop/db)`, '' where nothing goes. */
  readonly deletes: string;
  /** `Restarts 4 workloads.`, `1 blocker, 2 cautions.`, `1 application could not be planned.` */
  readonly sentences: readonly string[];
}

/** One sentence that a person can act on, and a few short ones. */
export function verdictOf(facts: ReviewFacts, forecast?: Forecast): Verdict {
  const { changed, counts, blockers, cautions, failed, restarts } = facts;
  const sentences = [
    forecast === undefined ? '' : restartsText(restarts.length, forecast),
    failed.length === 0 ? '' : `${countOf(failed.length, 'application')} could not be planned.`,
    severities(blockers.length, cautions.length),
  ].filter((sentence) => sentence !== '');
  if (changesNothing(facts))
    return { changes: 'No changes', deletes: '', sentences: sentences.filter((one) => !one.startsWith('Restarts nothing')) };
  if (changed.length === 0) return { changes: 'No changes in what could be planned', deletes: '', sentences };
  const others = countsText({ ...counts, delete: 0 });
  const head = `${countOf(changed.length, 'application')} ${changed.length === 1 ? 'changes' : 'change'}`;
  return { changes: others === '' ? head : `${head}: ${others}`, deletes: deletesText(facts), sentences };
}

/** What could not be judged may restart something all the same. */
function restartsText(count: number, { coverage }: Forecast): string {
  if (count > 0) return `Restarts ${countOf(count, 'workload')}.`;
  return coverage.notJudged.length === 0
    ? 'Restarts nothing.'
    : `Restarts nothing, as far as ${coverage.judged} of ${countOf(coverage.changed, 'changed object')} tell.`;
}

function severities(blockers: number, cautions: number): string {
  const parts = [blockers === 0 ? '' : countOf(blockers, 'blocker'), cautions === 0 ? '' : countOf(cautions, 'caution')];
  const said = parts.filter((part) => part !== '').join(', ');
  return said === '' ? '' : `${said}.`;
}

function deletesText({ changed, counts }: ReviewFacts): string {
  if (counts.delete === 0) return '';
  const gone = changed.flatMap(({ steps }) => steps.filter(({ action, ref }) => action === 'prune' && precious.has(ref.kind)));
  // The same object may go from several clusters.
  const names = [...new Set(gone.map(({ ref }) => refName(ref)))];
  const named = names.slice(0, 3);
  const more = names.length > 3 ? [`${names.length - 3} more that hold data`] : [];
  return `${counts.delete} delete${named.length === 0 ? '' : ` (${printable([...named, ...more].join(', '))})`}`;
}

/** The verdict in one line. */
export function verdictText(verdict: Verdict): string {
  const join = verdict.deletes === '' ? '' : verdict.changes.includes(':') ? ', ' : ': ';
  return [`${verdict.changes}${join}${verdict.deletes}.`, ...verdict.sentences].join(' ');
}

/** `main@2f7c1d0`: what was asked for, and the commit in short. */
export function revisionText({ revision, commit }: ReviewRevision): string {
  const short = commit.slice(0, 7);
  // Where two revisions parted has no name of its own.
  const unnamed = revision === '' || revision === commit || revision.includes('...');
  return printable(unnamed ? short : `${revision}@${short}`);
}

/** Which two commits, by whose rules, and whether a live cluster was asked. */
export function comparedText(review: Review): string {
  const live =
    review.live === undefined ? 'not compared with a live cluster' : `compared with ${review.live.target}, read at ${review.live.readAt}`;
  return printable(`judged by ${review.judgedBy}; ${live}`);
}

/** `StatefulSet shop/db`: what a caution is about; '' where it is about all. */
export function aboutText(caution: Caution): string {
  if (caution.ref !== undefined) return refName(caution.ref);
  return caution.application === undefined ? '' : caution.application.name;
}

/** `renamed from Deployment shop/web`, `moves here from application other`. */
export function moveText(move: Move): string {
  const alike = move.similarity >= 1 ? '' : ` (${Math.floor(move.similarity * 100)} % alike)`;
  const from = move.fromApplication;
  const to = move.toApplication;
  const owner =
    from === undefined || to === undefined || keyText(from) === keyText(to)
      ? ''
      : `moves from application ${keyText(from)} to ${keyText(to)}`;
  if (sameRef(move.from, move.to)) return `${owner === '' ? 'moves' : owner}; the object stays`;
  return `renamed from ${refName(move.from)}${alike}${owner === '' ? '' : `; ${owner}`}`;
}

/** `Degraded: apps/Deployment shop/web: 1 of 3 pods available`. */
export function healthText({ status, message }: LiveHealth): string {
  return message === undefined ? status : `${status}: ${message}`;
}
/** `1.25 → 1.26 (major)`. */
export function imageText({ from, to, major }: ImageChange): string {
  if (from === undefined) return `${to ?? ''} (new)`;
  return to === undefined ? `${from} (gone)` : `${from} → ${to}${major ? ' (major)' : ''}`;
}

/** `420 ms`, `24 s`, `3 min 20 s`. */
export function spanText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Why pods come or go: `image of app`, `ConfigMap web-config`. */
export function becauseText({ because }: Rollout): string {
  return because
    .map(({ what, name }) => (what === 'field' ? name : what === 'new' || what === 'removed' ? what : `${what} ${name}`.trim()))
    .join(', ');
}
/** `2 of 3 available after 4 s`, `3 of 3 available throughout`. */
export function worstText({ worst, desired }: Rollout): string {
  if (worst.available >= desired) return `${worst.available} of ${desired} available throughout`;
  return `${worst.available} of ${desired} available after ${spanText(worst.atMs)}`;
}
/** `24 s`, or why it does not end. */
export function endText({ startMs, endMs, stuck }: Rollout): string {
  if (stuck !== undefined) return `stuck: ${stuck.reason}${stuck.message === '' ? '' : `: ${stuck.message}`}`;
  return endMs === undefined ? 'had not finished' : spanText(endMs - startMs);
}

/** `judged 9 of 10 changed objects`. */
export function coverageText({ coverage }: Forecast): string {
  return `judged ${coverage.judged} of ${countOf(coverage.changed, 'changed object')}`;
}
/** `at rest after 40 s`. */
export function forecastEndText({ ended, durationMs }: Forecast): string {
  return ended === 'rest' ? `at rest after ${spanText(durationMs)}` : `not at rest after ${spanText(durationMs)}, where the forecast ends`;
}
