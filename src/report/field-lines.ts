import { structuredPatch } from 'diff';
import { stringify } from 'yaml';
import type { FieldChange, PlanStep } from '../api/plan.ts';
import { isRecord } from '../base/json.ts';
import { isSecret } from '../gitops/mask.ts';
import { changeText, printable } from './wording.ts';

/** What becomes of one field. `hunk`: a head line, then lines that begin with `-`, `+` or a space. */
export type FieldLines = { readonly form: 'line'; readonly line: string } | { readonly form: 'hunk'; readonly lines: readonly string[] };

const longestValue = 100;
/** Beyond it two texts are not compared line by line. */
const largestText = 200_000;
const mostEdits = 2_000;
const hiddenValue = '(hidden)';

/** Each change of a step as lines for people: one line where the values are short, else what differs line by line. */
export function fieldLines(step: PlanStep): FieldLines[] {
  return shownChanges(step).map((change) => {
    const hunk = hunkOf(change);
    return hunk === undefined ? { form: 'line', line: changeText(change) } : { form: 'hunk', lines: hunk };
  });
}

/** The changes of a step; of a Secret only that a value changes, comes or goes, whatever the plan holds. */
export function shownChanges(step: PlanStep): readonly FieldChange[] {
  const changes = step.changes ?? [];
  if (!refIsSecret(step)) return changes;
  return changes.map((change) => {
    if (!/^(data|stringData)\b/.test(change.path)) return change;
    const { path, from, to } = change;
    if (from !== undefined && to !== undefined) return { path, from: hiddenValue, to: '(hidden, changed)' };
    return { path, ...(from === undefined ? { to: hiddenValue } : { from: hiddenValue }) };
  });
}

/** The object that a step creates, as YAML; undefined where the plan does not hold it. */
export function createdYaml(step: PlanStep): string[] | undefined {
  const whole = step.patch.find((operation) => operation.path === '' && (operation.op === 'add' || operation.op === 'replace'));
  const object: unknown = whole !== undefined && 'value' in whole ? whole.value : undefined;
  if (!isRecord(object)) return undefined;
  return yamlLines(refIsSecret(step) ? hideValues(object) : object);
}

function refIsSecret({ ref }: PlanStep): boolean {
  return isSecret({ apiVersion: ref.group === '' ? 'v1' : `${ref.group}/v1`, kind: ref.kind });
}

function hideValues(secret: Record<string, unknown>): Record<string, unknown> {
  const out = { ...secret };
  for (const key of ['data', 'stringData']) {
    const values = out[key];
    if (isRecord(values)) out[key] = Object.fromEntries(Object.keys(values).map((name) => [name, hiddenValue]));
    else if (values !== undefined) out[key] = hiddenValue;
  }
  return out;
}

function hunkOf({ path, from, to }: FieldChange): string[] | undefined {
  if (![from, to].some((value) => isLong(value))) return undefined;
  const [before, after] = [textOf(from), textOf(to)];
  if (before.length + after.length > largestText) return undefined;
  const patch = structuredPatch('', '', before, after, undefined, undefined, { context: 2, maxEditLength: mostEdits });
  if (patch === undefined || patch.hunks.length === 0) return undefined;
  const lines = patch.hunks.flatMap((hunk, index) => (index === 0 ? hunk.lines : ['  …', ...hunk.lines]));
  return [`${printable(path)}:`, ...lines.map((line) => printable(line))];
}

/** What one line cannot show: a text of several lines, or a list or record that is long. */
function isLong(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\n');
  return typeof value === 'object' && value !== null && JSON.stringify(value).length > longestValue;
}

function textOf(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? ended(value) : `${yamlLines(value).join('\n')}\n`;
}
function ended(text: string): string {
  return text.endsWith('\n') || text === '' ? text : `${text}\n`;
}
function yamlLines(value: unknown): string[] {
  const text = stringify(value, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
  return text
    .trimEnd()
    .split('\n')
    .map((line) => printable(line));
}
