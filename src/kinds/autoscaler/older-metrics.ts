import type {
  CrossVersionObjectReference,
  LabelSelector,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../api/kinds.generated.ts';

/** A metric as annotations of autoscaling/v1 write it: one source, its parts side by side. */
export interface OlderMetric {
  readonly type: string;
  readonly object?: OlderSource;
  readonly pods?: OlderSource;
  readonly resource?: OlderSource;
  readonly containerResource?: OlderSource;
  readonly external?: OlderSource;
}
/** All that any source has; `target` and `current` as the annotation of specs or that of statuses has them. */
interface OlderSource {
  readonly target?: CrossVersionObjectReference;
  readonly name?: string;
  readonly container?: string;
  readonly metricName?: string;
  readonly selector?: LabelSelector;
  readonly metricSelector?: LabelSelector;
  readonly averageValue?: string;
  readonly targetValue?: string;
  readonly targetAverageValue?: string;
  readonly targetAverageUtilization?: number;
  readonly currentValue?: string;
  readonly currentAverageValue?: string;
  readonly currentAverageUtilization?: number;
}

/** What the sources of both versions have in common (kubernetes v1.35, apis/autoscaling/v1 conversion). */
interface Source {
  readonly describedObject?: CrossVersionObjectReference;
  readonly name?: string;
  readonly container?: string;
  readonly metric?: { readonly name: string; readonly selector?: LabelSelector };
  readonly target?: MetricTarget;
  readonly current?: MetricValueStatus;
}
const sources = ['object', 'pods', 'resource', 'containerResource', 'external'] as const;

export function olderMetric(metric: MetricSpec | MetricStatus): OlderMetric {
  const found = sources.flatMap((name) => {
    const source = metric[name] as Source | undefined;
    return source === undefined ? [] : [[name, olderSource(name, source)] as const];
  });
  return { type: metric.type, ...Object.fromEntries(found) };
}
/** `values`: which half of the source is meant, `target` of a spec or `current` of a status. */
export function newerMetric(older: OlderMetric, values: 'target' | 'current'): MetricSpec & MetricStatus {
  const found = sources.flatMap((name) => {
    const source = older[name];
    return source === undefined ? [] : [[name, newerSource(name, source, values)] as const];
  });
  return { type: older.type, ...Object.fromEntries(found) };
}

/** What the older version must say of what was measured. */
const leastAverage: Partial<Record<(typeof sources)[number], string>> = { pods: '0', resource: '0', containerResource: '0' };
function olderSource(kind: (typeof sources)[number], source: Source): OlderSource {
  const { describedObject, metric, name, container } = source;
  const half = source.target === undefined ? 'current' : 'target';
  const amounts: Partial<MetricTarget> = source.target ?? source.current ?? {};
  const { value, averageValue, averageUtilization } = amounts;
  const average = kind === 'object' ? 'averageValue' : `${half}AverageValue`;
  const whole = kind === 'object' || (kind === 'external' && half === 'current');
  return given({
    target: describedObject,
    name,
    metricName: metric?.name,
    [kind === 'external' ? 'metricSelector' : 'selector']: metric?.selector,
    [`${half}AverageUtilization`]: averageUtilization,
    [`${half}Value`]: value ?? (whole ? '0' : undefined),
    [average]: averageValue ?? (half === 'current' ? leastAverage[kind] : undefined),
    container,
  });
}

function newerSource(kind: (typeof sources)[number], older: OlderSource, half: 'target' | 'current'): Source {
  const { target: describedObject, name, container, metricName } = older;
  const selector = older.selector ?? older.metricSelector;
  const averageUtilization = older[`${half}AverageUtilization`];
  const averageValue = kind === 'object' ? older.averageValue : older[`${half}AverageValue`];
  const whole = older[`${half}Value`];
  const value = whole === '0' && averageValue !== undefined ? undefined : whole;
  const type = averageUtilization !== undefined ? 'Utilization' : value === undefined ? 'AverageValue' : 'Value';
  const amounts = given({ averageUtilization, averageValue, value });
  const metric = metricName === undefined ? undefined : { name: metricName, ...given({ selector }) };
  const shown = half === 'target' ? { target: { type, ...amounts } } : { current: amounts };
  return given({ container, describedObject, metric, name, ...shown });
}

/** Without the fields that have no value. */
function given<T extends object>(fields: T): { [Field in keyof T]?: Exclude<T[Field], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
