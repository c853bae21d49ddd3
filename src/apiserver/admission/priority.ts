import type { Pod, PodSpec } from '../../api/kinds.generated.ts';
import type { PriorityClassShape } from '../policies.ts';
import type { AdmissionPlugin, Attempt } from './index.ts';
import { concerns, newPod, refused } from './refusal.ts';

/** Turns the name of a pod's priority class into its number; of all classes at most one is the default (kubernetes, plugin Priority). */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  mutate: (attempt) => {
    const pod = newPod(attempt);
    if (pod !== undefined) setPriority(attempt, pod.spec as PodSpec);
    else if (attempt.operation === 'update' && concerns(attempt, '', 'pods')) keepPriority(attempt);
  },
  validate: (attempt) => {
    if (attempt.operation === 'delete' || !concerns(attempt, 'scheduling.k8s.io', 'priorityclasses')) return;
    const own = attempt.object as PriorityClassShape;
    const other = own.globalDefault === true ? defaultClass(attempt) : undefined;
    if (other === undefined || other.metadata.name === own.metadata.name) return;
    throw refused(attempt, `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`);
  },
};

function setPriority(attempt: Attempt, spec: PodSpec): void {
  const found = classOf(attempt, spec.priorityClassName ?? '');
  if (found !== undefined) spec.priorityClassName = found.metadata.name;
  const value = found?.value ?? 0;
  const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority';
  const computed = 'must not be provided in pod spec; priority admission controller computed';
  if (spec.priority !== undefined && spec.priority !== value) {
    throw refused(attempt, `the integer value of priority (${spec.priority}) ${computed} ${value} from the given PriorityClass name`);
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    const said = spec.preemptionPolicy;
    throw refused(attempt, `the string value of PreemptionPolicy (${said}) ${computed} ${policy} from the given PriorityClass name`);
  }
  spec.priority = value;
  spec.preemptionPolicy = policy as NonNullable<PodSpec['preemptionPolicy']>;
}

/** The class of that name, or the default one. */
function classOf(attempt: Attempt, name: string): Readonly<PriorityClassShape> | undefined {
  if (name === '') return defaultClass(attempt);
  const found = attempt.call.server.policies.priorityClasses.in('')?.get(name);
  if (found === undefined) throw refused(attempt, `no PriorityClass with name ${name} was found`);
  return found;
}

/** An update that leaves them out does not mean to change them. */
function keepPriority({ object, old }: Attempt): void {
  const [spec, before] = [(object as Pod).spec, (old as Pod | undefined)?.spec];
  if (spec === undefined || before === undefined) return;
  if (spec.priority === undefined && before.priority !== undefined) spec.priority = before.priority;
  if (spec.preemptionPolicy === undefined && before.preemptionPolicy !== undefined) spec.preemptionPolicy = before.preemptionPolicy;
}

/** Of several, the one of the lowest value. */
function defaultClass(attempt: Attempt): Readonly<PriorityClassShape> | undefined {
  const classes = [...(attempt.call.server.policies.priorityClasses.in('')?.values() ?? [])];
  return classes.filter(({ globalDefault }) => globalDefault === true).sort((a, b) => a.value - b.value)[0];
}
