import { keyOf } from '../../api/object.ts';
import { Pod, type HorizontalPodAutoscaler, type MetricStatus } from '../../api/kinds.generated.ts';
import { matchesLabels, type LabelRequirement } from '../../api/selector.ts';
import { errorText } from '../../base/log.ts';
import type { Context } from '../../reconcile/controller.ts';
import { toleranceOf } from './behavior.ts';
import { MetricFailure, wishOf, type Measured, type Wish } from './proposals.ts';
import type { Scale } from './scale-target.ts';
import type { Selectors } from './selectors.ts';
import type { Conditions } from './conditions.ts';

/** What the metrics ask for together: the most of what each asks for. */
export interface Measurement {
  /** Undefined where nothing can be said. */
  readonly replicas: number | undefined;
  /** Of the metric that asks for most. */
  readonly name: string;
  readonly statuses: readonly MetricStatus[];
  /** Of the metrics that could not be measured. */
  readonly failure: string | undefined;
}

/** Measures all metrics, and says in ScalingActive whether something could be said; tells failures in events. */
export async function measure(
  context: Context,
  of: { readonly hpa: Readonly<HorizontalPodAutoscaler>; readonly scale: Readonly<Scale>; readonly selectors: Selectors },
  conditions: Conditions,
): Promise<Measurement> {
  const { hpa, scale } = of;
  const nothing = (failure: string): Measurement => ({ replicas: undefined, name: '', statuses: [], failure });
  const pods = selectedPods(context, of, conditions);
  if (typeof pods === 'string') return nothing(pods);
  const target = {
    replicas: scale.spec?.replicas ?? 0,
    present: scale.status?.replicas ?? 0,
    pods,
    tolerance: toleranceOf(hpa),
    now: context.clock.now(),
  };
  const { wishes, failures } = await allWishes({ context, hpa, target, selector: scale.status?.selector ?? '' });
  return together(wishes, failures, { replicas: target.replicas, conditions });
}

/** The pods of the target, or why they cannot be told from those of others. */
function selectedPods(
  context: Context,
  { hpa, scale, selectors }: { hpa: Readonly<HorizontalPodAutoscaler>; scale: Readonly<Scale>; selectors: Selectors },
  conditions: Conditions,
): readonly Readonly<Pod>[] | string {
  const text = scale.status?.selector ?? '';
  const refuse = (reason: string, event: string, message = event): string => {
    context.event(hpa, 'Warning', reason, event);
    conditions.set('ScalingActive', 'False', { reason: reason === 'SelectorRequired' ? 'InvalidSelector' : reason, message });
    return event;
  };
  if (text === '') return refuse('SelectorRequired', 'selector is required', "the HPA target's scale is missing a selector");
  let requirements: readonly LabelRequirement[];
  try {
    requirements = selectors.put(keyOf(hpa), text);
  } catch (error) {
    return refuse('InvalidSelector', `couldn't convert selector into a corresponding internal selector object: ${errorText(error)}`);
  }
  const { namespace = '' } = hpa.metadata;
  const pods = context
    .informer(Pod)
    .list({ namespace })
    .filter((pod) => matchesLabels(requirements, pod.metadata.labels));
  const scaling = selectors.scaling(namespace, pods);
  if (scaling.length <= 1) return pods;
  const names = scaling.map((key) => `{${key.name} ${key.namespace}}`).join(' ');
  return refuse('AmbiguousSelector', `pods by selector ${text} are controlled by multiple HPAs: [${names}]`);
}

async function allWishes(of: Measured): Promise<{ wishes: readonly (Wish | undefined)[]; failures: readonly MetricFailure[] }> {
  const wishes: (Wish | undefined)[] = [];
  const failures: MetricFailure[] = [];
  for (const spec of of.hpa.spec.metrics ?? []) {
    try {
      wishes.push(await wishOf(of, spec));
    } catch (error) {
      if (!(error instanceof MetricFailure)) throw error;
      of.context.event(of.hpa, 'Warning', error.reason, error.detail);
      wishes.push(undefined);
      failures.push(error);
    }
  }
  return { wishes, failures };
}

/** With a metric that failed nothing is scaled down, for it might have asked for more. */
function together(
  wishes: readonly (Wish | undefined)[],
  failures: readonly MetricFailure[],
  { replicas, conditions }: { replicas: number; conditions: Conditions },
): Measurement {
  const known = wishes.filter((wish) => wish !== undefined);
  const statuses = wishes.map((wish): MetricStatus => wish?.status ?? { type: '' });
  const [first] = failures;
  const failure = first && `invalid metrics (${failures.length} invalid out of ${wishes.length}), first error is: ${first.message}`;
  const most = known.reduce<Wish | undefined>((so, wish) => (so === undefined || wish.replicas > so.replicas ? wish : so), undefined);
  if (most === undefined || (first !== undefined && most.replicas < replicas)) {
    const message = `the HPA was unable to compute the replica count: ${first?.detail ?? ''}`;
    conditions.set('ScalingActive', 'False', { reason: first?.reason ?? '', message });
    return { replicas: undefined, name: '', statuses, failure };
  }
  const message = `the HPA was able to successfully calculate a replica count from ${most.name}`;
  conditions.set('ScalingActive', 'True', { reason: 'ValidMetricFound', message });
  return { replicas: most.replicas, name: most.name, statuses, failure };
}
