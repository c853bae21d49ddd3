import { refOf, refText, splitApiVersion, type KubeObject, type ObjectKey, type ObjectRef } from '../../api/object.ts';
import type { Origin, Plan, PlanStep } from '../../api/plan.ts';
import type { Caution } from '../../api/review.ts';
import { jsonEqual } from '../../base/json.ts';
import { keptBy } from '../../gitops/kept.ts';
import { workloadOf, type Workload } from './pods.ts';

/** One object of one side, ready to be applied: namespace filled in, nulls dropped. */
export interface CautionedObject {
  readonly object: KubeObject;
  readonly origin?: Origin;
  /** The server does not know its kind in this version, so it is never applied. */
  readonly unserved?: boolean;
}
/** One application before and after the merge; one whose head could not be made stands with its base on both sides. */
export interface CautionedApplication {
  readonly application: ObjectKey;
  /** Which one it is for, where the repository serves several: what is in one is not in another. */
  readonly cluster?: string;
  readonly base: readonly CautionedObject[];
  readonly head: readonly CautionedObject[];
  /** What the server said to the head: what it refuses becomes a blocker. */
  readonly plan?: Plan;
  /** What leaves the source is deleted, not left behind. */
  readonly prune: boolean;
  /** Nothing of it is applied until somebody resumes it. */
  readonly suspended?: boolean;
}
export interface CautionsInput {
  /** All of the repository, since objects of one may name those of another. */
  readonly applications: readonly CautionedApplication[];
  /** The folder to which the applications are narrowed; absent or '' for the whole repository. */
  readonly within?: string;
}

/** An object that the merge brings, changes or takes away. At least one of `base` and `head` is there. */
export interface Change {
  readonly ref: ObjectRef;
  /** `refText` of the ref. */
  readonly name: string;
  /** That of the head; of what goes, that of the base. */
  readonly application: ObjectKey;
  readonly base?: KubeObject;
  readonly head?: KubeObject;
  readonly origin?: Origin;
  readonly step?: PlanStep;
  /** Nothing comes of it, since no server takes it. */
  readonly unserved?: true;
  /** Of what leaves the source: why it is left in the cluster all the same; absent where it is deleted. */
  readonly kept?: string;
}
/** What stands in the cluster on one side, as far as the repository says. */
export interface Side {
  get(name: string): KubeObject | undefined;
  all(): Iterable<KubeObject>;
  /** `apps/Deployment`, `/Service`; in the order of the applications. */
  ofKind(kind: string): readonly KubeObject[];
  /** What makes pods in a namespace. */
  workloadsIn(namespace: string): readonly Workload[];
  /** All objects of a namespace. */
  inNamespace(namespace: string): readonly KubeObject[];
}
/** What all rules look at. */
export interface World {
  readonly input: CautionsInput;
  /** In the order of the applications; an object that moves between two is one change, that of the new owner. */
  readonly changes: readonly Change[];
  /** What is written in a version that is not served, and so is no change of anything. */
  readonly unserved: readonly Change[];
  readonly changed: ReadonlyMap<string, Change>;
  readonly before: Side;
  /** With what leaves the source and is left behind. */
  readonly after: Side;
  /** Workloads of a namespace that come, change or go, as they were and as they will be. */
  changedWorkloadsIn(namespace: string): readonly Workload[];
  /** Who holds an object at the head, or held it. */
  applicationOf(name: string): ObjectKey | undefined;
  originOf(name: string): Origin | undefined;
}
/** One thing to look for. Pure. `name` is that of its cautions. */
export interface Rule {
  readonly name: string;
  find(world: World): Caution[];
}

interface Held extends CautionedObject {
  readonly owner: CautionedApplication;
}

export function worldOf(input: CautionsInput): World {
  const base = held(input, 'base');
  const head = held(input, 'head');
  const all = input.applications.flatMap((owner) => changesOf(owner, { base, head }));
  const changes = all.filter(({ unserved }) => unserved !== true);
  const after = new Map([...head].map(([name, { object }]) => [name, object]));
  for (const { name, base: object, head: next, kept } of changes) {
    if (next === undefined && object !== undefined && kept !== undefined) after.set(name, object);
  }
  const workloads = new Map<string, Workload[]>();
  for (const { ref, base: old, head: next } of changes) {
    const found = [old, next].flatMap((object) => (object === undefined ? [] : (workloadOf(object) ?? [])));
    if (found.length > 0) workloads.set(ref.namespace, [...(workloads.get(ref.namespace) ?? []), ...found]);
  }
  return {
    input,
    changes,
    changedWorkloadsIn: (namespace) => workloads.get(namespace) ?? [],
    unserved: all.filter(({ unserved }) => unserved === true),
    changed: new Map(changes.map((change) => [change.name, change])),
    before: sideOf(new Map([...base].map(([name, { object }]) => [name, object]))),
    after: sideOf(after),
    applicationOf: (name) => (head.get(name) ?? base.get(name))?.owner.application,
    originOf: (name) => (head.get(name) ?? base.get(name))?.origin,
  };
}

type Everywhere = Readonly<Record<'base' | 'head', ReadonlyMap<string, Held>>>;
/** An object of two applications is compared with itself in the same one, and comes from another one only where it leaves that. */
function changesOf(owner: CautionedApplication, everywhere: Everywhere): Change[] {
  if (owner.base === owner.head) return [];
  const [base, head] = [ownOf(owner, 'base'), ownOf(owner, 'head')];
  const steps = stepsByName(owner.plan);
  const out: Change[] = [];
  for (const [name, item] of head) {
    const own = base.get(name);
    if (own !== undefined && (own.object === item.object || jsonEqual(own.object, item.object))) continue;
    out.push(changeOf(name, { base: own ?? leaving(name, everywhere), head: item, step: steps.get(name) }));
  }
  for (const [name, item] of base) {
    if (!head.has(name) && !everywhere.head.has(name)) out.push(changeOf(name, { base: item, head: undefined, step: steps.get(name) }));
  }
  return out;
}

function leaving(name: string, { base }: Everywhere): Held | undefined {
  const old = base.get(name);
  return old === undefined || ownOf(old.owner, 'head').has(name) ? undefined : old;
}

function ownOf(owner: CautionedApplication, side: 'base' | 'head'): Map<string, Held> {
  return new Map(owner[side].map((item) => [refText(refOf(item.object)), { ...item, owner }]));
}
function held(input: CautionsInput, side: 'base' | 'head'): Map<string, Held> {
  return new Map(input.applications.flatMap((owner) => [...ownOf(owner, side)]));
}

function stepsByName(plan: Plan | undefined): ReadonlyMap<string, PlanStep> {
  return new Map((plan?.steps ?? []).map((step) => [refText(step.ref), step]));
}

function changeOf(name: string, sides: { base: Held | undefined; head: Held | undefined; step: PlanStep | undefined }): Change {
  const { base, head, step } = sides;
  const item = (head ?? base) as Held;
  const kept = head === undefined && base !== undefined ? keptBecause(base, step) : undefined;
  return {
    ref: refOf(item.object),
    name,
    application: item.owner.application,
    ...(base === undefined ? {} : { base: base.object }),
    ...(head === undefined ? {} : { head: head.object }),
    ...(item.origin === undefined ? {} : { origin: item.origin }),
    ...(item.unserved === true ? { unserved: true } : {}),
    ...(step === undefined ? {} : { step }),
    ...(kept === undefined ? {} : { kept }),
  };
}

function keptBecause({ object, owner }: Held, step: PlanStep | undefined): string | undefined {
  if (step?.action === 'prune') return undefined;
  if (step?.action === 'skip') return step.why ?? 'it is left there';
  return keptBy(object) ?? (owner.prune ? undefined : 'pruning is switched off');
}

/** What a kind is found by: `apps/Deployment`. */
export function kindName({ apiVersion, kind }: { apiVersion: string; kind: string }): string {
  return `${splitApiVersion(apiVersion).group}/${kind}`;
}

function sideOf(objects: ReadonlyMap<string, KubeObject>): Side {
  let kinds: ReadonlyMap<string, readonly KubeObject[]> | undefined;
  let spaces: ReadonlyMap<string, readonly KubeObject[]> | undefined;
  const workloads = new Map<string, readonly Workload[]>();
  const inNamespace = (namespace: string): readonly KubeObject[] =>
    (spaces ??= grouped(objects, ({ metadata }) => metadata.namespace ?? '')).get(namespace) ?? [];
  return {
    get: (name) => objects.get(name),
    all: () => objects.values(),
    ofKind: (kind) => (kinds ??= grouped(objects, kindName)).get(kind) ?? [],
    inNamespace,
    workloadsIn: (namespace) => {
      let known = workloads.get(namespace);
      if (known === undefined) {
        known = inNamespace(namespace).flatMap((object) => workloadOf(object) ?? []);
        workloads.set(namespace, known);
      }
      return known;
    },
  };
}

function grouped(objects: ReadonlyMap<string, KubeObject>, by: (object: KubeObject) => string): Map<string, KubeObject[]> {
  const out = new Map<string, KubeObject[]>();
  for (const object of objects.values()) {
    const key = by(object);
    const list = out.get(key);
    if (list === undefined) out.set(key, [object]);
    else list.push(object);
  }
  return out;
}

/** A caution about a change, with what the change itself says. */
export function cautionAbout(
  change: Change,
  said: Pick<Caution, 'rule' | 'severity' | 'message'> & { fields?: readonly string[] },
): Caution {
  const { application, ref, origin } = change;
  return { ...said, application, ref, ...(origin === undefined ? {} : { origin }) };
}
/** The same about an object that the merge need not touch. */
export function cautionOn(world: World, object: KubeObject, said: Parameters<typeof cautionAbout>[1]): Caution {
  const ref = refOf(object);
  const name = refText(ref);
  const application = world.applicationOf(name);
  const origin = world.originOf(name);
  return { ...said, ref, ...(application === undefined ? {} : { application }), ...(origin === undefined ? {} : { origin }) };
}

/** So many are named; of more the number is said. */
const namedMost = 5;
/** `a, b and 3 more` */
export function listed(names: readonly string[]): string {
  const more = names.length > namedMost ? ` and ${names.length - namedMost} more` : '';
  return `${names.slice(0, namedMost).join(', ')}${more}`;
}
