import { refOf, refText, type KubeObject } from '../../api/object.ts';
import type { LabelSelector } from '../../api/selector.ts';
import type { Caution } from '../../api/review.ts';
import { isRecord, jsonEqual, valueAt } from '../../base/json.ts';
import { mayMakePods, selectorAt, selectsPods, type Workload } from './pods.ts';
import { cautionOn, kindName, type Rule, type Side, type World } from './world.ts';

/** Objects that choose pods by labels, and choose none or others after the merge. */
export const selectsNothing: Rule = {
  name: 'selects-nothing',
  find: (world) => [...touched(world)].flatMap((object) => judged(world, object)),
};

/** Selecting objects that change themselves, and those that select workloads which change. */
function touched(world: World): Set<KubeObject> {
  const own = world.changes.flatMap(({ head }) => (head !== undefined && chooserOf(head) !== undefined ? [head] : []));
  const spaces = new Set(world.changes.map(({ ref }) => ref.namespace));
  const others = [...spaces].flatMap((space) => {
    const workloads = world.changedWorkloadsIn(space);
    if (workloads.length === 0) return [];
    return world.after.inNamespace(space).filter((object) => {
      const selector = chooserOf(object)?.selector;
      return workloads.some((workload) => selectsPods(selector, workload));
    });
  });
  return new Set([...own, ...others]);
}

/** What an object does with the pods that it selects, and what becomes of it without any. */
interface Chooser {
  readonly selector: LabelSelector;
  readonly field: string;
  readonly without: string;
}
function chooserOf(object: KubeObject): Chooser | undefined {
  switch (kindName(object)) {
    case '/Service': {
      const labels = valueAt(object, ['spec', 'selector']);
      if (!isRecord(labels) || Object.keys(labels).length === 0 || valueAt(object, ['spec', 'type']) === 'ExternalName') return undefined;
      return { selector: { matchLabels: labels as Record<string, string> }, field: 'spec.selector', without: 'it has no endpoints' };
    }
    case 'policy/PodDisruptionBudget':
      return chosen(object, 'selector', 'it protects nothing');
    case 'networking.k8s.io/NetworkPolicy':
      return chosen(object, 'podSelector', 'it rules nothing');
    default:
      return undefined;
  }
}
/** An empty selector selects every pod, so it says nothing about one. */
function chosen(object: KubeObject, field: string, without: string): Chooser | undefined {
  const selector = selectorAt(object, ['spec', field]);
  const empty = Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length === 0;
  return selector === undefined || empty ? undefined : { selector, field: `spec.${field}`, without };
}

function judged(world: World, object: KubeObject): Caution[] {
  const chooser = chooserOf(object) as Chooser;
  const space = object.metadata.namespace ?? '';
  const now = selectedBy(world.after, space, chooser.selector);
  const old = world.before.get(refText(refOf(object)));
  const before = old === undefined ? undefined : chooserOf(old);
  const was = before === undefined ? [] : selectedBy(world.before, space, before.selector);
  if (now.length > 0) return [...ahead(world, object, now), ...others({ world, object, was, now, before })];
  if (was.length === 0 && (before !== undefined || othersMayMakePods(world, space))) return [];
  if (was.length > 0 && newcomersMayMakePods(world, space)) return [];
  const { field, without } = chooser;
  const text = labelsText(chooser.selector);
  if (was.length === 0) {
    const message = `selects ${text}, and no pod template of this repository in its namespace has these labels: ${without} unless somebody else makes such pods`;
    return [cautionOn(world, object, { rule: 'selects-nothing', severity: 'caution', message, fields: [field] })];
  }
  const message = `selects no pods any more: it chose those of ${names(was)}, and after the merge nothing has the labels ${text}: ${without}`;
  return [cautionOn(world, object, { rule: 'selects-nothing', severity: 'caution', message, fields: [field] })];
}

/** A Service that asks at once for labels that running pods get only when they are replaced. */
function ahead(world: World, object: KubeObject, now: readonly Workload[]): Caution[] {
  if (kindName(object) !== '/Service') return [];
  const { selector, field } = chooserOf(object) as Chooser;
  const running = now.map((workload) => world.before.get(workload.name)).filter((each) => each !== undefined);
  if (running.length < now.length) return [];
  const before = running.flatMap((each) => world.before.workloadsIn(each.metadata.namespace ?? '').filter(({ object: of }) => of === each));
  const old = world.before.get(refText(refOf(object)));
  const servedBefore = old === undefined ? undefined : chooserOf(old);
  if (servedBefore === undefined || before.some((workload) => selectsPods(selector, workload))) return [];
  if (!before.some((workload) => selectsPods(servedBefore.selector, workload))) return [];
  const message =
    `selects ${labelsText(selector)}, which the pods of ${names(now)} that run now do not have: ` +
    'it is without endpoints from the moment it is applied until the first new pod is ready';
  return [cautionOn(world, object, { rule: 'selector-changes', severity: 'caution', message, fields: [field] })];
}

interface Choice {
  readonly world: World;
  readonly object: KubeObject;
  readonly was: readonly Workload[];
  readonly now: readonly Workload[];
  readonly before: Chooser | undefined;
}
/** Another selector that leads to other workloads, none of which is new. */
function others({ world, object, was, now, before }: Choice): Caution[] {
  const { selector, field } = chooserOf(object) as Chooser;
  if (before === undefined || jsonEqual(before.selector, selector) || was.length === 0) return [];
  const [from, to] = [was, now].map((list) => list.map(({ name }) => name).sort()) as [string[], string[]];
  const moved = to.every((name) => world.before.get(name) !== undefined) && from.every((name) => world.after.get(name) !== undefined);
  if (!moved || jsonEqual(from, to)) return [];
  const message = `chooses other pods: those of ${names(now)} instead of ${names(was)}`;
  return [cautionOn(world, object, { rule: 'selector-changes', severity: 'caution', message, fields: [field] })];
}

function selectedBy(side: Side, namespace: string, selector: LabelSelector): Workload[] {
  return side.workloadsIn(namespace).filter((workload) => selectsPods(selector, workload));
}
function othersMayMakePods({ after }: World, namespace: string): boolean {
  const inside = after.inNamespace(namespace);
  return after.workloadsIn(namespace).length === 0 || inside.some(mayMakePods);
}
function newcomersMayMakePods({ after, changed }: World, namespace: string): boolean {
  return after.inNamespace(namespace).some((object) => mayMakePods(object) && changed.has(refText(refOf(object))));
}

function labelsText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const rest = matchExpressions.map(
    ({ key, operator, values = [] }) => `${key} ${operator}${values.length === 0 ? '' : ` (${values.join(', ')})`}`,
  );
  return [...equal, ...rest].join(',');
}
function names(workloads: readonly Workload[]): string {
  return workloads.map(({ object }) => `${object.kind} ${object.metadata.name}`).join(', ');
}
