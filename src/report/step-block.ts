import { cachedCharts } from '../gitops/chart-cache.ts';
import type { Action, PlanStep } from '../api/plan.ts';
import type { Origin } from '../api/plan.ts';
import { clip, code, escapeHtml, escapeMarkdown, fenced } from './escape.ts';
import { createdYaml, fieldLines, shownChanges, type FieldLines } from './field-lines.ts';
import type { Block } from './pages.ts';
import { glyphs } from './paint.ts';
import { countOf, moveText } from './sentences.ts';
import type { MoveFacts } from './review-facts.ts';
import { refName } from './wording.ts';

/** Where a line of the head stands on the forge. */
export type FileUrl = (origin: Origin) => string | undefined;

const ranks: Readonly<Record<Action, number>> = { blocked: 0, prune: 1, recreate: 2, configure: 3, create: 4, skip: 5, unchanged: 5 };
/** A body longer than this is folded. */
const openLines = 20;
const shortLines = 12;
/** Beyond it a line of a file is cut: nobody reads it in a comment. */
const longestLine = 500;
const namedFields = 3;
/** Kubernetes allows 253 letters in a name; what has more is none, and would take the room of others. */
const longestName = 320;

/** What a merge does to one object, folded where it is long. */
export function stepBlock(step: PlanStep, fileUrl?: FileUrl): Block {
  const notes = (step.findings ?? []).map(({ blocks, message }) => `${blocks ? '⛔' : 'ℹ️'} ${escapeMarkdown(clip(message, 1000))}`);
  const heading = `${code(clip(`${glyphs[step.action]} ${refName(step.ref)}`, longestName))}${about(step)}${place(step.origin, fileUrl)}`;
  const body = bodyOf(step);
  if (body.lines.length === 0) return { rank: ranks[step.action], forms: [[heading, ...notes].join('<br>\n')] };
  const open = step.action === 'recreate' || step.action === 'blocked' || (step.action === 'configure' && body.lines.length < openLines);
  const fold = step.ref.kind === 'CustomResourceDefinition' ? false : open;
  const whole = folded({ heading, open: fold, parts: [...notes, fenced(body.lines, body.language)] });
  const cut = [...body.lines.slice(0, shortLines), `… ${body.lines.length - shortLines} more lines`];
  const short = body.lines.length > shortLines + 1 ? [folded({ heading, open: fold, parts: [...notes, fenced(cut, body.language)] })] : [];
  return { rank: ranks[step.action], forms: [whole, ...short, [heading, ...notes].join('<br>\n')] };
}

/** An object that keeps what it is under another name or owner. */
export function moveBlock(move: MoveFacts, fileUrl?: FileUrl): Block {
  const heading = `${code(clip(`→ ${refName(move.to)}`, longestName))} ${escapeMarkdown(clip(moveText(move), 2 * longestName))}${place(move.step?.origin, fileUrl)}`;
  return { rank: 2, forms: [heading] };
}

export function folded({ heading, open, parts }: { heading: string; open: boolean; parts: readonly string[] }): string {
  return [`<details${open ? ' open' : ''}><summary>${heading}</summary>`, ...parts, '</details>'].join('\n\n');
}

/** `<sub>apps/web.yaml:12</sub>`, a link where the forge is known. */
export function place(origin: Origin | undefined, fileUrl: FileUrl | undefined): string {
  if (origin === undefined) return '';
  const here = origin.path.length <= longestName && !origin.path.startsWith(`${cachedCharts}/`);
  const url = here ? fileUrl?.(origin) : undefined;
  const text = code(`${clip(origin.path, longestName)}:${origin.line}`);
  return ` <sub>${url === undefined ? text : `<a href="${escapeHtml(url)}">${text}</a>`}</sub>`;
}

/** Why, or else which fields. */
function about(step: PlanStep): string {
  if (step.action !== 'configure') return step.why === undefined ? '' : ` ${escapeMarkdown(clip(step.why, 300))}`;
  const changes = shownChanges(step);
  if (step.ref.kind === 'CustomResourceDefinition' && changes.length > 0) return ` ${countOf(changes.length, 'field')}`;
  const paths = changes.map(({ path }) => code(clip(path, 120)));
  const more = paths.length > namedFields ? ` and ${paths.length - namedFields} more fields` : '';
  return paths.length === 0 ? '' : ` ${paths.slice(0, namedFields).join(', ')}${more}`;
}

interface Body {
  readonly lines: readonly string[];
  readonly language: string;
}
function bodyOf(step: PlanStep): Body {
  if (step.action === 'create') return { lines: (createdYaml(step) ?? []).map((line) => clip(line, longestLine)), language: 'yaml' };
  return fieldBody(fieldLines(step));
}
function fieldBody(fields: readonly FieldLines[]): Body {
  const hunks = fields.some(({ form }) => form === 'hunk');
  const lines = fields.flatMap((field) => (field.form === 'line' ? [field.line] : field.lines));
  return { lines: lines.map((line) => clip(line, longestLine)), language: hunks ? 'diff' : '' };
}
