import { refText, type KubeObject } from '../api/object.ts';
import type { Plan } from '../api/plan.ts';
import { isRecord, jsonEqual } from '../base/json.ts';
import type { DesiredSet } from '../gitops/desired.ts';

/** Objects that are written differently and do not change, by the rule that says so. */
export function hiddenIn(base: DesiredSet, head: DesiredSet, plan: Plan): { rule: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const step of plan.steps) {
    if (step.action !== 'unchanged') continue;
    const name = refText(step.ref);
    const [before, after] = [base.byName.get(name), head.byName.get(name)];
    if (before === undefined || after === undefined) continue;
    const rule = ruleFor(before.manifest.object, after.manifest.object);
    if (rule !== undefined) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([rule, count]) => ({ rule, count }));
}

/** Undefined where both are written alike. */
function ruleFor(before: KubeObject, after: KubeObject): string | undefined {
  if (before === after || JSON.stringify(before) === JSON.stringify(after)) return undefined;
  if (before.apiVersion !== after.apiVersion) return 'version';
  const kinds = new Set<string>();
  compare(before, after, kinds);
  return ['spelling', 'list order', 'defaults', 'null'].find((rule) => kinds.has(rule)) ?? 'map order';
}

function compare(before: unknown, after: unknown, rules: Set<string>): void {
  if (jsonEqual(before, after)) return;
  if (isRecord(before) && isRecord(after)) {
    const member = (record: Record<string, unknown>, key: string) => (Object.hasOwn(record, key) ? record[key] : undefined);
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      compareMembers(member(before, key), member(after, key), rules);
  } else if (Array.isArray(before) && Array.isArray(after)) compareLists(before, after, rules);
  else rules.add(before === null || after === null ? 'null' : 'spelling');
}

function compareMembers(before: unknown, after: unknown, rules: Set<string>): void {
  if (before !== undefined && after !== undefined) compare(before, after, rules);
  else rules.add(before === null || after === null ? 'null' : 'defaults');
}

function compareLists(before: readonly unknown[], after: readonly unknown[], rules: Set<string>): void {
  const texts = (list: readonly unknown[]) => list.map((item) => JSON.stringify(item)).sort();
  if (before.length !== after.length) rules.add('defaults');
  else if (jsonEqual(texts(before), texts(after))) rules.add('list order');
  else before.forEach((item, at) => compare(item, after[at], rules));
}
