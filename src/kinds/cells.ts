import type { Container, LabelSelector } from '../api/kinds.generated.ts';
import type { ObjectMeta } from '../api/object.ts';
import { parseTime } from '../base/clock.ts';
import { formatAge } from '../base/duration.ts';

/** How long ago that was: `5m20s`; `<unknown>` for no time. */
export function ageCell(time: string | undefined, now: number): string {
  const at = parseTime(time);
  return at === undefined ? '<unknown>' : formatAge(now - at);
}
/** `app=web,tier in (a,b)`, as kubectl writes a selector; `<none>` for none. */
export function selectorCell(selector: LabelSelector | undefined): string {
  const labels = labelTexts(selector?.matchLabels);
  const rules = (selector?.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`;
  });
  const all = [...labels, ...rules].sort();
  return all.length === 0 ? '<none>' : all.join(',');
}
export function labelsCell(labels: Readonly<Record<string, string>> | undefined): string {
  const texts = labelTexts(labels);
  return texts.length === 0 ? '<none>' : texts.join(',');
}
function labelTexts(labels: Readonly<Record<string, string>> | undefined): string[] {
  return Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort();
}
/** The three wide columns of what runs pods: container names, images, selector. */
export function templateCells(containers: readonly Container[] | undefined, selector: LabelSelector | undefined): readonly string[] {
  const list = containers ?? [];
  return [list.map((one) => one.name).join(','), list.map((one) => one.image ?? '').join(','), selectorCell(selector)];
}
/** As much of a commit as people need to know it again. */
export function shortCommit(commit: string | undefined): string {
  return (commit ?? '').slice(0, 8);
}
/** What kinds without columns of their own show: name and time of creation (kubernetes/apiserver, NewDefaultTableConvertor). */
export function createdCells({ name, creationTimestamp }: ObjectMeta): readonly unknown[] {
  return [name, creationTimestamp ?? ''];
}
