import type { Forecast } from '../api/forecast.ts';
import type { PlanStep } from '../api/plan.ts';
import type { ApplicationReview, Caution, Review } from '../api/review.ts';
import { glyphs, noPaint, paintAction, type Paint } from './paint.ts';
import { factsOf, type ApplicationFacts, type ReviewFacts } from './review-facts.ts';
import * as say from './sentences.ts';
import { stepBody } from './step-lines.ts';
import { changesSomething, originText, printable, refName } from './wording.ts';

const widestTitle = 60;

/** A review for a terminal: the verdict, what must be looked at, then each application with one line a change and its fields. */
export function reviewText(review: Review, forecast?: Forecast, { paint = noPaint }: { paint?: Paint } = {}): string {
  const facts = factsOf(review, forecast);
  const verdict = say.verdictText(say.verdictOf(facts, forecast));
  const lines = [
    `${say.revisionText(review.base)} → ${say.revisionText(review.head)}, ${paint.faint(say.comparedText(review))}`,
    paint.strong(verdict),
    ...cautionLines(facts, paint),
    ...[...facts.failed, ...facts.changed].flatMap((one) => applicationLines(one, paint)),
    ...imageLines(review),
    ...(forecast === undefined || forecast.coverage.changed === 0 ? [] : forecastLines(forecast, paint)),
    ...footLines(review, facts, paint),
  ];
  return `${lines.join('\n')}\n`;
}

function cautionLines({ blockers, cautions }: ReviewFacts, paint: Paint): string[] {
  const all = [...blockers, ...cautions];
  return all.length === 0 ? [] : ['', ...all.map((caution) => cautionLine(caution, paint))];
}
function cautionLine(caution: Caution, paint: Paint): string {
  const about = say.aboutText(caution);
  const where = caution.origin === undefined ? '' : `  ${paint.faint(printable(`${caution.origin.path}:${caution.origin.line}`))}`;
  const text = `${caution.severity.padEnd(7)}  ${about === '' ? '' : `${printable(about)}: `}${printable(caution.message)}`;
  return `${caution.severity === 'blocker' ? paint.bad(text) : paint.warn(text)}${where}`;
}

function applicationLines(one: ApplicationFacts, paint: Paint): string[] {
  const { review, steps, moves, restarts } = one;
  const lines = ['', applicationHead(one, paint)];
  if (restarts.length > 0) lines.push(`  restarts ${printable(restarts.map(({ workload }) => refName(workload)).join(', '))}`);
  const { health } = review;
  if (health !== undefined)
    lines.push(`  now ${(health.status === 'Healthy' ? paint.good : paint.warn)(printable(say.healthText(health)))}`);
  const width = Math.min(widestTitle, Math.max(0, ...steps.map((step) => title(step).length)));
  for (const step of steps) lines.push(...stepLines(step, { paint, width }));
  for (const move of moves) lines.push(`  ${paint.warn(`→ ${printable(refName(move.to))}`)}  ${printable(say.moveText(move))}`);
  return [...lines, ...driftLines(review, paint), ...noteLines(review, paint)];
}

function applicationHead({ review, name, counts }: ApplicationFacts, paint: Paint): string {
  const said = [review.change === 'changed' ? '' : review.change, say.countsText(counts)].filter((part) => part !== '').join(': ');
  const at = review.origin === undefined ? review.path : `${review.origin.path}:${review.origin.line}`;
  return [paint.strong(printable(name)), said, at === '' ? '' : paint.faint(printable(at))].filter((part) => part !== '').join('  ');
}

function driftLines({ drift }: ApplicationReview, paint: Paint): string[] {
  const steps = (drift?.steps ?? []).filter((step) => changesSomething(step));
  if (steps.length === 0) return [];
  const lines = steps.flatMap((step) => stepLines(step, { paint, width: 0 }).map((line) => `  ${line}`));
  return [paint.warn('  the merge would also undo what was changed in the cluster:'), ...lines];
}

function noteLines({ plan }: ApplicationReview, paint: Paint): string[] {
  const holds = (plan?.holds ?? []).map((hold) => paint.warn(`  held for approval: ${printable(hold)}`));
  return [...holds, ...(plan?.notes ?? []).map((note) => paint.faint(`  note: ${printable(note)}`))];
}

function title(step: PlanStep): string {
  return `${glyphs[step.action]} ${printable(refName(step.ref))}`;
}

function stepLines(step: PlanStep, { paint, width }: { paint: Paint; width: number }): string[] {
  const head = paintAction(step.action, title(step).padEnd(width), paint);
  const why = step.why === undefined ? '' : `  ${printable(step.why)}`;
  return [`  ${head}${why}  ${paint.faint(originText(step))}`.trimEnd(), ...stepBody(step, paint)];
}

function imageLines({ images }: Review): string[] {
  if (images.length === 0) return [];
  const width = Math.min(widestTitle, Math.max(...images.map(({ image }) => printable(image).length)));
  return ['', 'Images', ...images.map((change) => `  ${printable(change.image).padEnd(width)}  ${printable(say.imageText(change))}`)];
}

function forecastLines(forecast: Forecast, paint: Paint): string[] {
  const width = Math.min(widestTitle, Math.max(0, ...forecast.rollouts.map(({ workload }) => refName(workload).length)));
  const lines = forecast.rollouts.map((rollout) => {
    const { workload, kind, stuck } = rollout;
    const because = say.becauseText(rollout);
    const worst = kind === 'restarts' || kind === 'scales' ? `; worst ${say.worstText(rollout)}` : '';
    const end = printable(say.endText(rollout));
    const text = `  ${printable(refName(workload)).padEnd(width)}  ${kind}${because === '' ? '' : ` (${printable(because)})`}${worst}; `;
    return `${text}${stuck === undefined ? end : paint.bad(end)}`;
  });
  const missed = forecast.coverage.notJudged.map(({ ref, why }) => `  not judged: ${printable(`${refName(ref)}: ${why}`)}`);
  return [
    '',
    `Forecast: ${say.forecastEndText(forecast)}; ${say.coverageText(forecast)}`,
    ...lines,
    ...[...missed, ...forecast.assumptions.map((one) => `  assumed: ${printable(one)}`)].map((line) => paint.faint(line)),
  ];
}

function footLines(review: Review, facts: ReviewFacts, paint: Paint): string[] {
  const lines = review.notUnderstood.map(({ path, line, message }) => {
    return `not understood: ${printable(`${path}${line === undefined ? '' : `:${line}`}: ${message}`)}`;
  });
  const hidden = facts.hidden.map(({ rule, count }) => `${rule} ${count}`);
  if (hidden.length > 0) lines.push(`hidden, since nothing changes: ${printable(hidden.join(', '))}`);
  if (facts.unchanged > 0) lines.push(`${say.countOf(facts.unchanged, 'application')} unchanged`);
  for (const { review: one, name } of facts.changed)
    if (one.plan !== undefined) lines.push(`Plan id ${one.plan.planId} (${printable(name)})`);
  return lines.length === 0 ? [] : ['', ...lines.map((line) => paint.faint(line))];
}
