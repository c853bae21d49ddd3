import type { Replay, ReplayedFact, ReplayedMerge } from '../api/replay.ts';
import { noPaint, type Paint } from './paint.ts';
import { changeText, factText, isQuiet, planCommandOf, replayTitle, restartText, totalSentences } from './replay-facts.ts';
import { countOf, spanText } from './sentences.ts';
import { printable } from './wording.ts';

/** A replay for a terminal: what all merges did together, then those that did something, newest first. */
export function replayText(replay: Replay, { paint = noPaint }: { paint?: Paint } = {}): string {
  const { merges, found, notUnderstood, unjudged } = replay;
  const telling = merges.filter((merge) => !isQuiet(merge));
  const [first] = telling;
  const lines = [
    printable(`${replay.repo}: ${replayTitle(replay)}`),
    ...found.map((one) => paint.faint(`  ${printable(one)}`)),
    ...(merges.length === 0 ? [] : ['', ...totalSentences(replay).map((sentence) => paint.strong(`  ${sentence}`))]),
    ...unjudged.flatMap((one) => [
      '',
      paint.bad(
        `  not judged at ${countOf(one.merges, replay.steps === 'merges' ? 'merge' : 'commit')}: ${printable(one.applications.join(', '))}`,
      ),
      `    ${printable(one.message)}`,
    ]),
    ...standingLines(replay, paint),
    ...telling.flatMap((merge) => ['', ...mergeLines(merge, paint)]),
    ...quietLines(replay, paint),
    ...(notUnderstood.length === 0
      ? []
      : [
          '',
          paint.faint(`${countOf(notUnderstood.length, 'thing')} in the newest not understood or taken as written; -o html lists them`),
        ]),
    '',
    paint.faint(
      printable(
        `judged by ${replay.judgedBy}, without a cluster, in ${spanText(replay.tookMs)}${first === undefined ? '' : `; one in whole: ${planCommandOf(first)}`}`,
      ),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function standingLines({ standing, steps }: Replay, paint: Paint): string[] {
  if (standing.length === 0) return [];
  const one = steps === 'merges' ? 'merge' : 'commit';
  const lines = standing.map(({ fact, merges }) => `    ${printable(factText(fact))} ${paint.faint(`(at ${countOf(merges, one)})`)}`);
  return ['', paint.warn('  so for longer, and told below only where it is first seen:'), ...lines];
}

function mergeLines(merge: ReplayedMerge, paint: Paint): string[] {
  const { commit, committedAt, subject, author, restarted, unjudged } = merge;
  const lines = [
    `${paint.warn(commit.slice(0, 7))} ${paint.strong(printable(subject))}  ${paint.faint(printable(`${committedAt.slice(0, 10)} ${nameOf(author)}`))}`,
    `  ${printable(changeText(merge))}`,
  ];
  lines.push(...factLines('refused', merge.refused, paint.bad, paint));
  lines.push(...factLines('data', merge.lost, paint.bad, paint));
  for (const restart of restarted) lines.push(`  ${paint.warn('restarts'.padEnd(9))}${printable(restartText(restart))}`);
  lines.push(...factLines('unseen', merge.unseen, paint.warn, paint));
  lines.push(...factLines('noted', merge.noted, paint.faint, paint));
  if (unjudged.length > 0) lines.push(`  ${paint.faint(`not judged: ${printable(unjudged.join(', '))}`)}`);
  return lines;
}

const mostShown = 8;
function factLines(label: string, facts: readonly ReplayedFact[], tone: (text: string) => string, paint: Paint): string[] {
  const lines = facts.slice(0, mostShown).map((fact) => {
    const where = fact.origin === undefined ? '' : `  ${paint.faint(printable(`${fact.origin.path}:${fact.origin.line}`))}`;
    return `  ${tone(label.padEnd(9))}${printable(factText(fact))}${where}`;
  });
  if (facts.length > mostShown) lines.push(`  ${tone(label.padEnd(9))}and ${facts.length - mostShown} more`);
  return lines;
}

function quietLines({ merges }: Replay, paint: Paint): string[] {
  const quiet = merges.filter((merge) => isQuiet(merge));
  if (quiet.length === 0) return [];
  const ids = quiet.map(({ commit }) => commit.slice(0, 7));
  const shown = ids.length > 10 ? `${ids.slice(0, 10).join(' ')} …` : ids.join(' ');
  return ['', paint.faint(`changed nothing that runs: ${shown}`)];
}

/** Without the address. */
export function nameOf(author: string): string {
  return author.replace(/\s*<[^>]*>\s*$/, '');
}
