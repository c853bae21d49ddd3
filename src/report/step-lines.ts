import type { PlanStep } from '../api/plan.ts';
import { clip } from './escape.ts';
import { fieldLines } from './field-lines.ts';
import type { Paint } from './paint.ts';
import { printable } from './wording.ts';

/** At most so many lines of one step are printed; the rest is counted. */
const mostLines = 30;
const longestLine = 200;

/** What stands under a step in a terminal: what a person should know, then what becomes of each field. */
export function stepBody(step: PlanStep, paint: Paint): string[] {
  const findings = (step.findings ?? []).map((finding) => {
    const text = `      ${finding.blocks ? 'blocked' : 'note'}: ${printable(finding.message)}`;
    return finding.blocks ? paint.bad(text) : paint.warn(text);
  });
  const fields = step.action === 'create' || step.action === 'prune' ? [] : fieldLines(step);
  const body = fields.flatMap((field) => (field.form === 'line' ? [field.line] : field.lines.map((line) => paintHunk(line, paint))));
  const more = body.length > mostLines ? [paint.faint(`      … and ${body.length - mostLines} more lines (see -o json)`)] : [];
  return [...findings, ...body.slice(0, mostLines).map((line) => `      ${line}`), ...more];
}

function paintHunk(line: string, paint: Paint): string {
  const text = clip(line, longestLine);
  if (line.startsWith('+')) return paint.good(text);
  return line.startsWith('-') ? paint.bad(text) : text;
}
