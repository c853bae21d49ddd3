import type { Container, Pod, PodSpec } from '../../api/kinds.generated.ts';
import { amountsOf, podAmounts, type Amounts } from '../amounts.ts';
import type { LimitRangeItem, LimitRangeShape } from '../policies.ts';
import type { AdmissionPlugin, Attempt } from './index.ts';
import { limitProblems } from './limits.ts';
import { concerns, sizedPod, refused } from './refusal.ts';

const annotation = 'kubernetes.io/limit-ranger';

/** Gives containers the default requests and limits of their namespace, and holds pods and claims to its bounds (kubernetes, plugin LimitRanger). */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  mutate: (attempt) => {
    const ranges = rangesOf(attempt);
    const pod = ranges === undefined ? undefined : sizedPod(attempt);
    if (ranges === undefined || pod === undefined) return;
    const said = ranges.map((range) => fill(pod, range)).filter((each) => each.length > 0);
    // A resize changes no annotation.
    if (attempt.operation !== 'create') return;
    for (const each of said)
      pod.metadata.annotations = { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${each.join('; ')}` };
  },
  validate: (attempt) => {
    const ranges = rangesOf(attempt);
    if (ranges === undefined) return;
    for (const range of ranges) {
      const problems = [...new Set((range.spec?.limits ?? []).flatMap((item) => problemsOf(attempt, item)))];
      if (problems.length > 0) throw refused(attempt, problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`);
    }
  },
};

function rangesOf(attempt: Attempt): readonly LimitRangeShape[] | undefined {
  const ranges = attempt.call.server.policies.limitRanges.in(attempt.object.metadata.namespace ?? '');
  return ranges === undefined || attempt.operation === 'delete' ? undefined : [...ranges.values()];
}

/** Answers what it has given. */
function fill(pod: Pod, range: LimitRangeShape): readonly string[] {
  const defaults: { limits: Record<string, string>; requests: Record<string, string> } = { limits: {}, requests: {} };
  for (const item of range.spec?.limits ?? []) {
    if (item.type !== 'Container') continue;
    Object.assign(defaults.limits, item.default);
    Object.assign(defaults.requests, item.defaultRequest);
  }
  const { containers, initContainers = [] } = pod.spec as PodSpec;
  return [
    ...containers.flatMap((container) => fillContainer(container, defaults, 'container')),
    ...initContainers.flatMap((container) => fillContainer(container, defaults, 'init container')),
  ];
}

function fillContainer(
  container: Container,
  defaults: { readonly limits: Record<string, string>; readonly requests: Record<string, string> },
  what: string,
): string[] {
  const set = (side: 'requests' | 'limits'): string[] => {
    const missing = Object.keys(defaults[side]).filter((name) => container.resources?.[side]?.[name] === undefined);
    if (missing.length === 0) return [];
    const added = Object.fromEntries(missing.map((name) => [name, defaults[side][name] as string]));
    container.resources = { ...container.resources, [side]: { ...container.resources?.[side], ...added } };
    return [`${missing.sort().join(', ')} ${side === 'requests' ? 'request' : 'limit'} for ${what} ${container.name}`];
  };
  return [...set('requests'), ...set('limits')];
}

function problemsOf(attempt: Attempt, item: LimitRangeItem): string[] {
  if (item.type === 'PersistentVolumeClaim') {
    if (!concerns(attempt, '', 'persistentvolumeclaims') || isGoing(attempt)) return [];
    const { spec } = attempt.object as { spec?: { resources?: { requests?: Record<string, string> } } };
    return limitProblems(item, { requests: amountsOf(spec?.resources?.requests) });
  }
  const spec = sizedPod(attempt)?.spec;
  if (spec === undefined) return [];
  if (item.type === 'Container') {
    return [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
      limitProblems(item, { requests: amountsOf(resources?.requests), limits: amountsOf(resources?.limits) }),
    );
  }
  return item.type === 'Pod' ? limitProblems(item, { requests: podTotal(spec, 'requests'), limits: podTotal(spec, 'limits') }) : [];
}
const podTotal = (spec: PodSpec, side: 'requests' | 'limits'): Amounts => podAmounts(spec, side, { withoutOverhead: true });

const isGoing = ({ old }: Attempt): boolean => old?.metadata.deletionTimestamp !== undefined;
