import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../api/kinds.generated.ts';
import { metricSources } from './metrics.ts';

type MetricSource = (typeof metricSources)[keyof typeof metricSources];

/** `cpu: 10%/80%`, at most two metrics. */
export function targetsCell(metrics: readonly MetricSpec[], current: readonly MetricStatus[]): string {
  if (metrics.length === 0) return '<none>';
  const shown = metrics.slice(0, 2).map((metric, index) => targetCell(metric, current[index]));
  const rest = metrics.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} + ${rest} more...` : shown.join(', ');
}
function targetCell(metric: MetricSpec, current: MetricStatus | undefined): string {
  const own = metricSources[metric.type as keyof typeof metricSources] as MetricSource | undefined;
  const source = own === undefined ? undefined : metric[own];
  if (own === undefined || source === undefined) return '<unknown type>';
  const named = 'name' in source ? `${source.name}: ` : '';
  const averaged = own === 'object' || own === 'external' ? ' (avg)' : '';
  return `${named}${amountCell(source.target, current?.[own]?.current, averaged)}`;
}
function amountCell(target: MetricTarget, found: MetricValueStatus | undefined, averaged: string): string {
  if (target.averageValue !== undefined) return `${found?.averageValue ?? '<unknown>'}/${target.averageValue}${averaged}`;
  if (target.averageUtilization === undefined) return `${found?.value ?? '<unknown>'}/${target.value ?? '<auto>'}`;
  const now = found?.averageUtilization === undefined ? '<unknown>' : `${found.averageUtilization}%`;
  return `${now}/${target.averageUtilization}%`;
}
