import type { Container, Deployment } from '../../api/kinds.generated.ts';
import { canonicalQuantity } from '../../api/quantity.ts';
import { canonicalJson, isRecord } from '../../base/json.ts';
import type { Startup } from '../request.ts';
import { startupOf } from '../runtime.ts';

/** All of a Deployment that decides when its pods come, get ready and go, where every node has room. It must have its defaults. */
export function behaviourOf({ spec }: Readonly<Deployment>, startup: Startup): object {
  const { replicas, minReadySeconds, strategy, progressDeadlineSeconds, revisionHistoryLimit, template } = spec;
  const { terminationGracePeriodSeconds, restartPolicy, containers = [] } = template.spec ?? {};
  const pod = { terminationGracePeriodSeconds, restartPolicy, containers: containers.map((container) => lifeOf(container, startup)) };
  return { replicas, minReadySeconds, strategy, progressDeadlineSeconds, revisionHistoryLimit, pod };
}
function lifeOf(container: Readonly<Container>, startup: Startup): object {
  const { image = '', readinessProbe, livenessProbe, startupProbe, lifecycle, restartPolicy, ports } = container;
  return { startupMs: startupOf(image, startup), readinessProbe, livenessProbe, startupProbe, lifecycle, restartPolicy, ports };
}

/** Whether its pods are made anew; undefined where it is a question of how amounts are spelled. */
export function templateChange(before: Readonly<Deployment>, after: Readonly<Deployment>): 'none' | 'anew' | undefined {
  const [old, now] = [before.spec.template, after.spec.template];
  if (canonicalJson(old) === canonicalJson(now)) return 'none';
  return canonicalJson(inAmounts(old)) === canonicalJson(inAmounts(now)) ? undefined : 'anew';
}
/** With every request and limit spelled in one way. */
function inAmounts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inAmounts);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, isAmounts(name, member) ? spelled(member) : inAmounts(member)]),
  );
}
function isAmounts(name: string, member: unknown): member is Readonly<Record<string, string | number>> {
  return (name === 'requests' || name === 'limits') && isRecord(member);
}
function spelled(amounts: Readonly<Record<string, string | number>>): object {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, canonicalQuantity(amount)]));
}
