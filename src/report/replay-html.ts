import type { Replay, ReplayedFact, ReplayedMerge } from '../api/replay.ts';
import { escapeHtml as text } from './escape.ts';
import { changeText, factText, isQuiet, planCommandOf, replayedCounts, replayTitle, restartText, totalSentences } from './replay-facts.ts';
import { nameOf } from './replay-text.ts';
import { htmlPage } from './review-html.ts';
import { countOf, spanText } from './sentences.ts';

/** A replay as one file that needs nothing else: what all merges did, a table, and each merge with what it did, to be searched and folded. */
export function replayHtml(replay: Replay, { version }: { version: string }): string {
  const { merges, notUnderstood, found } = replay;
  const body = [
    `<header><h1>${text(`Replay: ${replayTitle(replay)}`)}</h1>`,
    `<p class="faint">${tag('code', replay.repo)}: ${found.map((one) => text(one)).join('; ')}</p></header>`,
    `<ul>${totalSentences(replay)
      .map((sentence) => `<li>${text(sentence)}</li>`)
      .join('')}</ul>`,
    unjudgedSection(replay),
    standingSection(replay),
    '<h2>Merge by merge</h2>',
    '<p class="tools"><input id="search" type="search" placeholder="search: name, kind, word" aria-label="search"> <button id="open">open all</button> <button id="close">close all</button> <span id="found" class="faint"></span></p>',
    ...merges.filter((merge) => !isQuiet(merge)).map((merge) => mergeBlock(merge)),
    quietSection(replay),
    notUnderstood.length === 0 ? '' : notUnderstoodSection(replay),
    `<footer><p>judged by ${text(replay.judgedBy)}, without a cluster, in ${text(spanText(replay.tookMs))}, by Steersman ${text(version)}. Times are of simulated nodes with room for everything, where an image starts in 2 s.</p></footer>`,
  ];
  return htmlPage(`Replay: ${replayTitle(replay)}`, body.filter((part) => part !== '').join('\n'));
}

function tag(name: string, content: string, attributes = ''): string {
  return `<${name}${attributes}>${text(content)}</${name}>`;
}

function mergeBlock(merge: ReplayedMerge): string {
  const { commit, committedAt, subject, author, refused, lost, restarted, unseen, noted, unjudged } = merge;
  const marks = [
    mark('refused', refused.length, 'bad'),
    mark('data', lost.length, 'bad'),
    mark('restarts', restarted.length, 'warn'),
    mark('unseen', unseen.length, 'warn'),
  ].filter((one) => one !== '');
  const head = `${tag('code', commit.slice(0, 7))} ${tag('strong', subject)} ${tag('small', `${committedAt.slice(0, 10)} ${nameOf(author)}`)} ${marks.join(' ')}`;
  const counts = replayedCounts(merge);
  const parts = [
    step('', `${text(changeText(merge))}${merge.applications.length > 4 ? `: ${text(merge.applications.join(', '))}` : ''}`),
    ...facts('refused', refused, 'bad'),
    ...facts('data', lost, 'bad'),
    ...restarted.map((restart) => step('warn', `<b>restarts</b> ${text(restartText(restart))}`)),
    ...facts('unseen', unseen, 'warn'),
    ...facts('noted', noted, ''),
    unjudged.length === 0 ? '' : step('faint', `not judged: ${text(unjudged.join(', '))}`),
    step('faint', `${counts === '' ? '' : 'in whole: '}${tag('code', planCommandOf(merge))}`),
  ];
  const open = refused.length > 0 || lost.length > 0 ? ' open' : '';
  return `<details class="app"${open}><summary>${head}</summary>\n${parts.filter((part) => part !== '').join('\n')}\n</details>`;
}
function mark(label: string, count: number, tone: string): string {
  return count === 0 ? '' : `<span class="${tone}">${count} ${label}</span>`;
}
function step(tone: string, html: string): string {
  return `<div class="step"><p${tone === '' ? '' : ` class="${tone}"`}>${html}</p></div>`;
}
function facts(label: string, all: readonly ReplayedFact[], tone: string): string[] {
  return all.map((fact) => {
    const where = fact.origin === undefined ? '' : ` ${tag('small', `${fact.origin.path}:${fact.origin.line}`)}`;
    return step(tone, `<b>${label}</b> ${text(factText(fact))}${where} ${tag('small', fact.rule)}`);
  });
}

function unjudgedSection({ unjudged, steps }: Replay): string {
  if (unjudged.length === 0) return '';
  const items = unjudged.map(
    ({ message, applications, merges }) =>
      `<li>${text(applications.join(', '))} at ${text(countOf(merges, steps === 'merges' ? 'merge' : 'commit'))}: ${text(message)}</li>`,
  );
  return `<section class="bad"><h2>Not judged</h2><ul>${items.join('')}</ul></section>`;
}
function standingSection({ standing, steps }: Replay): string {
  if (standing.length === 0) return '';
  const one = steps === 'merges' ? 'merge' : 'commit';
  const items = standing.map(({ fact, merges }) => `<li>${text(factText(fact))} ${tag('small', `at ${countOf(merges, one)}`)}</li>`);
  return `<section class="warn"><h2>So for longer, and told below only where it is first seen</h2><ul>${items.join('')}</ul></section>`;
}
function quietSection({ merges }: Replay): string {
  const quiet = merges.filter((merge) => isQuiet(merge));
  if (quiet.length === 0) return '';
  const items = quiet.map(
    ({ commit, subject, committedAt }) =>
      `<li>${tag('code', commit.slice(0, 7))} ${text(subject)} ${tag('small', committedAt.slice(0, 10))}</li>`,
  );
  return `<details class="app"><summary>${text(`${quiet.length} changed nothing that runs`)}</summary><ul>${items.join('')}</ul></details>`;
}
function notUnderstoodSection({ notUnderstood }: Replay): string {
  const items = notUnderstood.map(
    ({ path, line, message }) => `<li>${tag('code', line === undefined ? path : `${path}:${line}`)} ${text(message)}</li>`,
  );
  return `<details class="app"><summary>${text(`Not understood in the newest: ${notUnderstood.length}`)}</summary><ul>${items.join('')}</ul></details>`;
}
