import type { ContainerStatus, Job, Pod, PodFailurePolicyRule } from '../../api/kinds.generated.ts';
import { parseIndexes } from './indexes.ts';

/** What the Job's failure policy says of a pod that has failed. */
export interface FailureMatch {
  /** Does it count against backoffLimit? */
  readonly counts: boolean;
  /** Why the whole Job fails with it; undefined where it does not. */
  readonly failsJob: string | undefined;
  /** Does its index fail with it, whatever limit it has left? */
  readonly failsIndex: boolean;
}

/** The first rule that matches decides; without policy or match a failure counts. */
export function matchFailure(job: Job, pod: Pod): FailureMatch {
  const rules = job.spec.podFailurePolicy?.rules ?? [];
  for (const [at, rule] of rules.entries()) {
    const what = matchRule(rule, pod);
    if (what === undefined) continue;
    const failsJob = rule.action === 'FailJob' ? `${what} matching FailJob rule at index ${at}` : undefined;
    return { counts: rule.action !== 'Ignore', failsJob, failsIndex: rule.action === 'FailIndex' };
  }
  return { counts: true, failsJob: undefined, failsIndex: false };
}

function matchRule(rule: PodFailurePolicyRule, pod: Pod): string | undefined {
  const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
  const container = failingContainer(rule, pod);
  if (container !== undefined) {
    return `Container ${container.name} for pod ${name} failed with exit code ${container.state?.terminated?.exitCode}`;
  }
  const condition = pod.status?.conditions?.find((each) =>
    (rule.onPodConditions ?? []).some((pattern) => pattern.type === each.type && (pattern.status ?? 'True') === each.status),
  );
  return condition === undefined ? undefined : `Pod ${name} has condition ${condition.type}`;
}

function failingContainer({ onExitCodes }: PodFailurePolicyRule, pod: Pod): ContainerStatus | undefined {
  if (onExitCodes === undefined) return undefined;
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  return statuses.find((status) => {
    const code = status.state?.terminated?.exitCode ?? 0;
    if (code === 0 || (onExitCodes.containerName !== undefined && onExitCodes.containerName !== status.name)) return false;
    return onExitCodes.values.includes(code) === (onExitCodes.operator === 'In');
  });
}

/** Says which rule of an Indexed Job's success policy the indexes that are done meet; undefined where none does. */
export function matchSuccess(job: Job, done: ReadonlySet<number>): string | undefined {
  const { completions = 0, successPolicy } = job.spec;
  const at = (successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && done.size >= succeededCount;
    const named = parseIndexes(succeededIndexes, completions);
    const met = [...named].filter((index) => done.has(index)).length;
    return met >= (succeededCount ?? named.size);
  });
  return at < 0 ? undefined : `Matched rules at index ${at}`;
}
