import type { Plan, PlanStep } from '../api/plan.ts';
import { glyphs, noPaint, paintAction, type Paint } from './paint.ts';
import { stepBody } from './step-lines.ts';
import { changesSomething, originText, planChanges, printable, sourceText, stepTitle, summaryText } from './wording.ts';

/** A plan for a terminal: findings first, then one block a step in the order in which it will run, then the counts and the id. */
export function planText(plan: Plan, options: { paint?: Paint } = {}): string {
  const paint = options.paint ?? noPaint;
  const lines = [headline(plan, paint), ''];
  const steps = plan.steps.filter((step) => changesSomething(step));
  let wave: string | undefined;
  const waves = new Set(steps.map((step) => waveText(step)));
  for (const step of steps) {
    if (waves.size > 1 && waveText(step) !== wave) {
      wave = waveText(step);
      lines.push(paint.faint(`  ${wave}`));
    }
    lines.push(...stepLines(step, paint));
  }
  for (const step of plan.steps.filter((one) => one.action === 'skip')) lines.push(...stepLines(step, paint));
  if (steps.length > 0) lines.push('');
  for (const hold of plan.holds) lines.push(paint.warn(`held for approval: ${printable(hold)}`));
  for (const note of plan.notes) lines.push(paint.faint(`note: ${printable(note)}`));
  lines.push(planChanges(plan) ? paint.strong(`Plan: ${summaryText(plan.summary)}.`) : `No changes: ${summaryText(plan.summary)}.`);
  if (planChanges(plan)) lines.push(paint.faint(`Plan id ${plan.planId}`));
  return `${lines.join('\n')}\n`;
}

/** Only the steps, without head and counts. */
export function stepsText(steps: readonly PlanStep[], paint: Paint = noPaint): string {
  return `${steps.flatMap((step) => stepLines(step, paint)).join('\n')}\n`;
}

function headline(plan: Plan, paint: Paint): string {
  const app = printable(`${plan.application.namespace}/${plan.application.name}`);
  const against = plan.base === undefined ? 'against the live cluster' : `from ${sourceText(plan.base)}`;
  return paint.strong(`${app}: ${sourceText(plan.source)} ${against}`);
}

function waveText(step: PlanStep): string {
  if (step.action === 'prune') return 'afterwards';
  return step.phase === 'Sync' ? `wave ${step.wave}` : `${step.phase} wave ${step.wave}`;
}

function stepLines(step: PlanStep, paint: Paint): string[] {
  const origin = originText(step);
  const why = step.why === undefined ? '' : ` (${printable(step.why)})`;
  const head = `  ${paintAction(step.action, `${glyphs[step.action]} ${step.action} ${stepTitle(step)}`, paint)}${why}`;
  const lines = [origin === '' ? head : `${head}  ${paint.faint(origin)}`];
  return [...lines, ...stepBody(step, paint)];
}
