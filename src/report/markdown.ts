import type { Plan } from '../api/plan.ts';
import { code, escapeMarkdown } from './escape.ts';
import { layOut, sizeOf, type Section } from './pages.ts';
import { stepBlock } from './step-block.ts';
import { changesSomething, planBlocked, planChanges, sourceText, stepTitle, summaryText } from './wording.ts';

/** Forges refuse comments over 65,536 characters. */
const longestComment = 65_000;

/**
 * A plan as Markdown for a pull request. Every text that a repository or a cluster controls is escaped. What does not fit into
 * a comment is shortened and then left out, the least important first, and the report says how many.
 */
export function planMarkdown(plan: Plan): string {
  const lead = [`### ${verdict(plan)}`, subject(plan), ...callouts(plan)];
  const foot = [...plan.notes.map((note) => `- ${escapeMarkdown(note)}`), '', `<sub>Plan id \`${plan.planId}\`</sub>`].join('\n');
  const blocks = plan.steps.filter((step) => changesSomething(step) || step.action === 'skip').map((step) => stepBlock(step));
  const ranked = [...blocks].sort((a, b) => a.rank - b.rank);
  const section: Section = { open: '', blocks: ranked, close: '' };
  const room = longestComment - sizeOf(lead.join('\n\n')) - sizeOf(foot) - 400;
  const { pages, shortened, leftOut } = layOut([], ranked.length === 0 ? [] : [section], { longest: room, most: 1 });
  const cut = shortened + leftOut === 0 ? [] : [`**Not all is shown here**: \`steer plan -o text\` prints it.`];
  return `${[...lead, ...pages.flat(), ...cut, foot].join('\n\n')}\n`;
}

function verdict(plan: Plan): string {
  const name = escapeMarkdown(plan.application.name);
  if (!planChanges(plan)) return `${name}: no changes (${plan.summary.unchanged} objects unchanged)`;
  return `${name}: ${summaryText(plan.summary)}${planBlocked(plan) ? ' ⛔' : ''}`;
}

function subject(plan: Plan): string {
  const head = code(sourceText(plan.source));
  return plan.base === undefined ? `${head} against the live cluster` : `${code(sourceText(plan.base))} → ${head}`;
}

/** What must be read: blockers and holds, never folded. */
function callouts(plan: Plan): string[] {
  const lines = plan.steps.flatMap((step) =>
    (step.findings ?? []).map(({ blocks, message }) => `- ${blocks ? '⛔' : '⚠️'} ${code(stepTitle(step))}: ${escapeMarkdown(message)}`),
  );
  lines.push(...plan.holds.map((hold) => `- ⏸️ held for approval: ${escapeMarkdown(hold)}`));
  return lines.length === 0 ? [] : [lines.join('\n')];
}
