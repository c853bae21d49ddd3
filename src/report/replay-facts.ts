import { refText } from '../api/object.ts';
import type { Replay, ReplayedFact, ReplayedMerge, ReplayedRestart } from '../api/replay.ts';
import { countOf, spanText } from './sentences.ts';

/** What a person is told of all merges together. */
export interface ReplayTotals {
  readonly restarting: number;
  readonly restarts: number;
  readonly refused: number;
  readonly lost: number;
  readonly unseen: number;
  /** Touched objects without changing one. */
  readonly idle: number;
  /** Where some application could not be judged: more may be so of them. */
  readonly partly: number;
  /** Changed nothing that runs, as far as could be judged. */
  readonly quiet: number;
}
export function totalsOf({ merges }: Replay): ReplayTotals {
  const having = (has: (merge: ReplayedMerge) => boolean) => merges.filter(has).length;
  return {
    restarting: having(({ restarted }) => restarted.length > 0),
    restarts: merges.reduce((sum, { restarted }) => sum + restarted.length, 0),
    refused: having(({ refused }) => refused.length > 0),
    lost: having(({ lost }) => lost.length > 0),
    unseen: having(({ unseen }) => unseen.some(({ rule }) => rule !== 'no-effect')),
    idle: having(({ unseen }) => unseen.some(({ rule }) => rule === 'no-effect')),
    partly: having(({ unjudged }) => unjudged.length > 0),
    quiet: having((merge) => isQuiet(merge)),
  };
}

/** Nothing to tell: no object changes, nothing is refused, and all of it could be judged. */
export function isQuiet(merge: ReplayedMerge): boolean {
  const { applications, refused, lost, unseen, noted, restarted, unjudged } = merge;
  return [applications, refused, lost, unseen, noted, restarted, unjudged].every((list) => list.length === 0);
}

/** `12 of 50 merges restarted 31 workloads`, …: one sentence for each question that has an answer. */
export function totalSentences(replay: Replay): string[] {
  const { restarting, restarts, refused, lost, unseen, idle, partly, quiet } = totalsOf(replay);
  const all = replay.merges.length;
  const one = replay.steps === 'merges' ? 'merge' : 'commit';
  const of = (count: number) => `${count} of ${countOf(all, one)}`;
  return [
    restarting === 0 ? `no ${one} restarted anything` : `${of(restarting)} restarted ${countOf(restarts, 'workload')} in all`,
    refused === 0 ? 'the server would have refused none' : `the server would have refused something of ${refused}`,
    lost === 0 ? 'none deleted data' : `${lost} deleted data`,
    unseen === 0 ? 'none did what its diff does not show' : `${unseen} did something that the diff does not show`,
    idle === 0 ? '' : `${idle} touched objects and changed none of them`,
    quiet === 0 ? '' : `${quiet} changed nothing that runs`,
    partly === 0 ? '' : `${partly} could be judged in part only, and may have done more`,
  ].filter((sentence) => sentence !== '');
}

/** `Deployment shop/web (image of web), 2 of 3 pods answer at worst, 24 s`. */
export function restartText({ workload, because, worst, desired, tookMs, stuck }: ReplayedRestart): string {
  const why = because.length === 0 ? '' : ` (${because.map((one) => one.replace(/^spec\.template\.(spec\.)?/, '')).join(', ')})`;
  const least = worst >= desired ? '' : `, ${worst} of ${desired} available at worst`;
  const end = stuck !== undefined ? `, stuck: ${stuck}` : tookMs === undefined ? ', had not finished' : `, ${spanText(tookMs)}`;
  return `${refText(workload)}${why}${least}${end}`;
}
/** `Deployment shop/web: message`, with what it is about first. */
export function factText({ ref, application, message, count = 1 }: ReplayedFact): string {
  const about = ref === undefined ? (application?.name ?? '') : refText(ref);
  const times = count === 1 ? '' : ` (in ${count} applications)`;
  return about === '' ? `${message}${times}` : `${about}: ${message}${times}`;
}
/** `2 create, 5 update`; '' where nothing does. */
export function replayedCounts(merge: ReplayedMerge): string {
  const names = ['create', 'update', 'replace', 'delete'] as const;
  return names.flatMap((name) => (merge[name] > 0 ? [`${merge[name]} ${name}`] : [])).join(', ');
}
/** `3 applications change: 2 create, 5 update`. */
export function changeText(merge: ReplayedMerge): string {
  const counts = replayedCounts(merge);
  const { applications, unjudged } = merge;
  if (applications.length === 0) return unjudged.length === 0 ? 'no application changes' : 'no application changes that could be judged';
  const shown = applications.length > 4 ? countOf(applications.length, 'application') : applications.join(', ');
  return `${shown}${counts === '' ? '' : `: ${counts}`}`;
}
/** `of the last 50 merges of main`; what fewer there are, and why. */
export function replayTitle(replay: Replay): string {
  const { merges, steps, revision, short } = replay;
  const branch = revision === '' ? 'the default branch' : revision;
  const what = countOf(merges.length, steps === 'merges' ? 'merge' : 'commit');
  const span = spanOf(merges);
  return `the last ${what} of ${branch}${span}${short === undefined ? '' : `; ${short}`}`;
}
function spanOf(merges: readonly ReplayedMerge[]): string {
  const [newest, oldest] = [merges[0], merges.at(-1)];
  if (newest === undefined || oldest === undefined) return '';
  return `, ${oldest.committedAt.slice(0, 10)} to ${newest.committedAt.slice(0, 10)}`;
}
/** The command line that shows the merge in whole. */
export function planCommandOf({ base, commit }: ReplayedMerge): string {
  return `steer plan --from ${base.slice(0, 12)} --to ${commit.slice(0, 12)} --forecast`;
}
