import type { Forecast, Rollout } from '../api/forecast.ts';
import type { PlanStep } from '../api/plan.ts';
import type { ApplicationReview, Caution, Review } from '../api/review.ts';
import { escapeHtml as text } from './escape.ts';
import { createdYaml, fieldLines } from './field-lines.ts';
import { glyphs } from './paint.ts';
import { pageScript, pageStyle, scriptHash } from './page-parts.ts';
import { factsOf, type ApplicationFacts, type MoveFacts, type ReviewFacts } from './review-facts.ts';
import * as say from './sentences.ts';
import { changesSomething, originText, refName } from './wording.ts';

export interface HtmlOptions {
  readonly version: string;
  readonly title?: string;
}

/**
 * A review as one file that needs nothing else: it can be searched and folded, loads nothing, and its policy forbids to run
 * anything but its own script.
 */
export function reviewHtml(review: Review, forecast: Forecast | undefined, { version, title }: HtmlOptions): string {
  const facts = factsOf(review, forecast);
  const verdict = say.verdictOf(facts, forecast);
  const name = title ?? `${say.revisionText(review.base)} → ${say.revisionText(review.head)}`;
  const body = [
    `<header><h1>${text(verdict.changes)}${deletes(verdict)}</h1>`,
    `<p>${verdict.sentences.map((sentence) => text(sentence)).join(' ')}</p>`,
    `<p class="faint">${tag('code', say.revisionText(review.base))} → ${tag('code', say.revisionText(review.head))}, ${text(say.comparedText(review))}</p></header>`,
    cautionList('Blockers', facts.blockers, 'bad'),
    cautionList('Cautions', facts.cautions, 'warn'),
    imageSection(review),
    forecast === undefined || forecast.coverage.changed === 0 ? '' : forecastSection(forecast),
    applicationSection(facts),
    footSection(review, facts, version),
  ];
  return htmlPage(name, body.filter((part) => part !== '').join('\n'));
}

/** A whole page around a body that is HTML already. */
export function htmlPage(title: string, body: string): string {
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src '${scriptHash}'; base-uri 'none'; form-action 'none'`;
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${text(title)}</title>`,
    `<style>${pageStyle}</style></head><body>`,
    body,
    `<script>${pageScript}</script></body></html>`,
    '',
  ].join('\n');
}

function tag(name: string, content: string, attributes = ''): string {
  return `<${name}${attributes}>${text(content)}</${name}>`;
}
function deletes(verdict: say.Verdict): string {
  if (verdict.deletes === '') return '';
  return `${verdict.changes.includes(':') ? ', ' : ': '}<strong class="bad">${text(verdict.deletes)}</strong>`;
}

function cautionList(title: string, cautions: readonly Caution[], tone: string): string {
  if (cautions.length === 0) return '';
  const items = cautions.map((caution) => {
    const about = say.aboutText(caution);
    const place = caution.origin === undefined ? '' : ` ${tag('small', `${caution.origin.path}:${caution.origin.line}`)}`;
    const fields = (caution.fields ?? []).filter((field) => !caution.message.includes(field)).map((field) => tag('code', field));
    const where = fields.length === 0 ? '' : ` (${fields.join(', ')})`;
    return `<li>${about === '' ? '' : `${tag('code', about)}: `}${text(caution.message)}${where}${place} ${tag('small', caution.rule)}</li>`;
  });
  return `<section class="${tone}"><h2>${title} <small>${cautions.length}</small></h2><ul>${items.join('\n')}</ul></section>`;
}

function imageSection({ images }: Review): string {
  if (images.length === 0) return '';
  const rows = images.map((change) => {
    const users = change.usedBy.map((ref) => tag('code', refName(ref))).join(', ');
    const what = change.major ? tag('strong', say.imageText(change)) : text(say.imageText(change));
    return `<tr><td>${tag('code', change.image)}</td><td>${what}</td><td>${users}</td></tr>`;
  });
  return `<section><h2>Images</h2><table><tr><th>image</th><th>from → to</th><th>used by</th></tr>${rows.join('\n')}</table></section>`;
}

/** What runs, with a bar over the time in which it moves. */
export function forecastSection(forecast: Forecast): string {
  const whole = Math.max(1, forecast.durationMs);
  const rows = forecast.rollouts.map((rollout) => rolloutRow(rollout, whole));
  const missed = forecast.coverage.notJudged.map(({ ref, why }) => `<li>not judged: ${tag('code', refName(ref))} ${text(why)}</li>`);
  const rests = [...forecast.assumptions.map((one) => tag('li', one)), ...missed];
  const head = '<tr><th>workload</th><th>what</th><th>because</th><th>worst moment</th><th>takes</th><th>when</th></tr>';
  return [
    `<section><h2>Forecast</h2><p>${text(`${say.forecastEndText(forecast)}; ${say.coverageText(forecast)}`)}</p>`,
    rows.length === 0 ? '' : `<table>${head}${rows.join('\n')}</table>`,
    rests.length === 0 ? '' : `<details><summary>What the forecast rests on</summary><ul>${rests.join('')}</ul></details>`,
    '</section>',
  ].join('\n');
}
function rolloutRow(rollout: Rollout, whole: number): string {
  const { workload, kind, startMs, endMs, stuck } = rollout;
  const moment = kind === 'restarts' || kind === 'scales' ? say.worstText(rollout) : '';
  const [left, width] = [startMs, Math.max(0, (endMs ?? whole) - startMs)].map((ms) => ((ms / whole) * 200).toFixed(1));
  const bar = `<svg width="200" height="10" role="img"><rect class="${stuck === undefined ? 'bar' : 'bar stuck'}" x="${left}" width="${width}" height="10"/></svg>`;
  const end = tag('td', say.endText(rollout), stuck === undefined ? '' : ' class="bad"');
  return `<tr><td>${tag('code', refName(workload))}</td><td>${kind}</td>${tag('td', say.becauseText(rollout))}${tag('td', moment)}${end}<td>${bar}</td></tr>`;
}

function applicationSection(facts: ReviewFacts): string {
  const all = [...facts.failed, ...facts.changed];
  if (all.length === 0) return '';
  const tools =
    '<p class="tools"><input id="search" type="search" placeholder="search: kind, name, field, value" autocomplete="off"> <button id="open">open all</button> <button id="close">close all</button> <span id="found" class="faint"></span></p>';
  const open = all.length <= 3;
  return `<section><h2>Applications <small>${all.length}</small></h2>${tools}${all.map((one) => applicationHtml(one, open)).join('\n')}</section>`;
}

function applicationHtml(one: ApplicationFacts, open: boolean): string {
  const { review, name, counts, steps, moves, restarts } = one;
  const said = [review.change === 'changed' ? '' : review.change, say.countsText(counts)].filter((part) => part !== '').join(': ');
  const at = review.origin === undefined ? review.path : `${review.origin.path}:${review.origin.line}`;
  const drift = (review.drift?.steps ?? []).filter((step) => changesSomething(step));
  const notes = [...(review.plan?.holds ?? []).map((hold) => `held for approval: ${hold}`), ...(review.plan?.notes ?? [])];
  const parts = [
    restarts.length === 0 ? '' : `<p>restarts ${restarts.map(({ workload }) => tag('code', refName(workload))).join(', ')}</p>`,
    healthHtml(review),
    review.failure === undefined ? '' : tag('pre', failureLines(review.failure).join('\n'), ' class="bad"'),
    ...steps.map((step) => stepHtml(step)),
    ...moves.map((move) => moveHtml(move)),
    drift.length === 0
      ? ''
      : `<h3>The merge would also undo what was changed in the cluster</h3>${drift.map((step) => stepHtml(step)).join('\n')}`,
    notes.length === 0 ? '' : `<ul>${notes.map((note) => tag('li', note)).join('')}</ul>`,
    review.plan === undefined ? '' : tag('p', `plan id ${review.plan.planId}`, ' class="faint"'),
  ];
  const head = `<summary><strong>${text(name)}</strong> ${text(said)} ${tag('small', at)}</summary>`;
  return `<details class="app"${open ? ' open' : ''}>${head}${parts.filter((part) => part !== '').join('\n')}</details>`;
}

function healthHtml({ health }: ApplicationReview): string {
  return health === undefined ? '' : `<p>now ${text(say.healthText(health))}</p>`;
}
function failureLines({
  message,
  problems,
}: {
  message: string;
  problems: readonly { path: string; line: number; message: string }[];
}): string[] {
  return problems.length === 0 ? [message] : problems.map((problem) => `${problem.path}:${problem.line}: ${problem.message}`);
}

function stepHtml(step: PlanStep): string {
  const title = `${tag('code', `${glyphs[step.action]} ${refName(step.ref)}`, ` class="${step.action}"`)}`;
  const why = step.why === undefined ? '' : ` ${text(step.why)}`;
  const head = `${title}${why} ${tag('small', originText(step))}`;
  const findings = (step.findings ?? []).map(({ blocks, message }) => tag('p', message, ` class="${blocks ? 'bad' : 'warn'}"`)).join('');
  const body = bodyHtml(step);
  if (body === '') return `<div class="step">${head}${findings}</div>`;
  const open = step.action !== 'create' && step.ref.kind !== 'CustomResourceDefinition';
  return `<details class="step"${open ? ' open' : ''}><summary>${head}</summary>${findings}<pre>${body}</pre></details>`;
}
function bodyHtml(step: PlanStep): string {
  if (step.action === 'create') return (createdYaml(step) ?? []).map((line) => text(line)).join('\n');
  const lines = fieldLines(step).flatMap((field) =>
    field.form === 'line' ? [text(field.line)] : field.lines.map((line) => hunkHtml(line)),
  );
  return lines.join('\n');
}
function hunkHtml(line: string): string {
  if (line.startsWith('+')) return tag('ins', line);
  return line.startsWith('-') ? tag('del', line) : text(line);
}
function moveHtml(move: MoveFacts): string {
  return `<div class="step">${tag('code', `→ ${refName(move.to)}`, ' class="configure"')} ${text(say.moveText(move))}</div>`;
}

function footSection(review: Review, facts: ReviewFacts, version: string): string {
  const lines = review.notUnderstood.map(({ path, line, message }) => {
    return `<li>not understood: ${tag('code', line === undefined ? path : `${path}:${line}`)} ${text(message)}</li>`;
  });
  const hidden = facts.hidden.map(({ rule, count }) => `${rule} ${count}`);
  if (hidden.length > 0) lines.push(tag('li', `hidden, since nothing changes: ${hidden.join(', ')}`));
  if (facts.unchanged > 0) lines.push(tag('li', `${say.countOf(facts.unchanged, 'application')} unchanged`));
  for (const found of review.found) lines.push(tag('li', found));
  const took = Object.entries(review.timings).map(([name, ms]) => `${name} ${say.spanText(ms)}`);
  lines.push(tag('li', `${took.join(', ')}${took.length === 0 ? '' : '; '}Steersman ${version}`));
  return `<footer><ul>${lines.join('\n')}</ul></footer>`;
}
