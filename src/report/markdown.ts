import type { Action, Plan, PlanStep } from '../api/plan.ts';
import { glyphs } from './paint.ts';
import {
  changesSomething,
  changeText,
  originText,
  planBlocked,
  planChanges,
  printable,
  sourceText,
  stepTitle,
  summaryText,
} from './wording.ts';

/** Forges refuse comments over 65,536 characters. */
const longestComment = 65_000;

/** Dangerous steps first: what is cut when a comment grows too long is the least of it. */
const importance: readonly Action[] = ['blocked', 'prune', 'recreate', 'configure', 'create', 'skip'];

/**
 * A plan as Markdown for a pull request. Every text that a repository or a cluster controls is escaped. What does not fit into
 * a comment is dropped step by step, the least important first, and the report says how many.
 */
export function planMarkdown(plan: Plan): string {
  const head = [`### ${verdict(plan)}`, '', subject(plan), '', ...callouts(plan)];
  const steps = plan.steps.filter((step) => changesSomething(step) || step.action === 'skip');
  const sorted = [...steps].sort((a, b) => importance.indexOf(a.action) - importance.indexOf(b.action));
  const foot = [...plan.notes.map((note) => `- ${escapeMarkdown(note)}`), '', `<sub>Plan id \`${plan.planId}\`</sub>`];
  let room = longestComment - size(head) - size(foot) - 400;
  const blocks: string[] = [];
  for (const step of sorted) {
    const block = stepBlock(step);
    if (block.length > room) break;
    room -= block.length + 1;
    blocks.push(block);
  }
  const dropped = sorted.length - blocks.length;
  const cut = dropped === 0 ? [] : ['', `**${dropped} more steps are not shown here**: \`steer plan -o text\` prints them all.`];
  return `${[...head, ...blocks, ...cut, '', ...foot].join('\n')}\n`;
}

function size(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
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

/** What must be read: blockers and holds, never collapsed. */
function callouts(plan: Plan): string[] {
  const lines: string[] = [];
  for (const step of plan.steps) {
    for (const finding of step.findings ?? []) {
      const mark = finding.blocks ? '⛔' : '⚠️';
      lines.push(`- ${mark} ${code(stepTitle(step))}: ${escapeMarkdown(finding.message)}`);
    }
  }
  for (const hold of plan.holds) lines.push(`- ⏸️ held for approval: ${escapeMarkdown(hold)}`);
  return lines.length === 0 ? [] : [...lines, ''];
}

function stepBlock(step: PlanStep): string {
  const origin = originText(step);
  const title = `${glyphs[step.action]} ${step.action} ${stepTitle(step)}${step.why === undefined ? '' : ` (${printable(step.why)})`}`;
  const where = origin === '' ? '' : ` <sub>${escapeHtml(origin)}</sub>`;
  const changes = (step.changes ?? []).map((change) => changeText(change));
  if (changes.length === 0) return `- ${code(title)}${where}`;
  const open = step.action === 'prune' || step.action === 'recreate' || changes.length < 20 ? ' open' : '';
  const body = changes.join('\n');
  const fence = fenceFor(body);
  return `<details${open}><summary><code>${escapeHtml(title)}</code>${where}</summary>\n\n${fence}\n${body}\n${fence}\n</details>`;
}

/** A fence longer than any run of backticks in the body. */
function fenceFor(body: string): string {
  const longest = Math.max(0, ...[...body.matchAll(/`+/g)].map((run) => run[0].length));
  return '`'.repeat(Math.max(3, longest + 1));
}

/** Inline code that no backtick in the text can leave. */
function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const ticks = '`'.repeat(longest + 1);
  return longest === 0 ? `\`${text}\`` : `${ticks} ${text} ${ticks}`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[@#]/g, (char) => (char === '@' ? '&#64;' : '&#35;'));
}
/** A text in a Markdown paragraph: no markup, no mention, no reference to an issue, no HTML. */
export function escapeMarkdown(text: string): string {
  return escapeHtml(printable(text)).replaceAll(/[\\`*_{}[\]()!|~]/g, (char) => `\\${char}`);
}
