import { refText, type KubeObject, type ObjectRef } from '../../api/object.ts';
import type { Caution } from '../../api/review.ts';
import { referencesOf, type Reference } from '../../gitops/references.ts';
import { isProvided } from './provided.ts';
import { cautionAbout, cautionOn, listed, type Change, type Rule, type World } from './world.ts';

/** Objects that are named and that this merge deletes, or that the repository does not hold where the naming is new. */
export const missingReferences: Rule = {
  name: 'missing-reference',
  find: (world) => [...stillNamed(world), ...world.changes.flatMap((change) => unknown(world, change))],
};

/** What stays and names something that goes, or lives in a namespace that goes. */
function stillNamed(world: World): Caution[] {
  const gone = new Map(
    world.changes.filter(({ head, kept }) => head === undefined && kept === undefined).map((change) => [change.name, change]),
  );
  if (gone.size === 0) return [];
  const out = [...gone.values()].flatMap((change) => inhabited(world, change));
  for (const object of around(world, [...gone.values()])) {
    for (const reference of needs(object)) {
      if (!gone.has(refText(reference.ref)) || isProvided(world.after, reference.ref)) continue;
      const severity = startsWithout(reference) ? 'caution' : 'blocker';
      const message = `${verb(reference)} ${shown(reference.ref, object)}, which this merge deletes${consequence(reference, ': ')}`;
      out.push(cautionOn(world, object, { rule: 'missing-reference', severity, message, fields: [reference.field] }));
    }
  }
  return out;
}

/** A namespace that goes while something that stays lives in it. */
function inhabited({ after }: World, change: Change): Caution[] {
  if (change.ref.kind !== 'Namespace' || change.ref.group !== '') return [];
  const inside = after.inNamespace(change.ref.name).map((object) => `${object.kind} ${object.metadata.name}`);
  if (inside.length === 0) return [];
  const what = inside.length === 1 ? `${inside[0]}, which stays in the source, lives` : `${listed(inside)}, which stay in the source, live`;
  return [cautionAbout(change, { rule: 'missing-reference', severity: 'blocker', message: `is deleted, and ${what} in it` })];
}

/** What may name the things that go: all of their namespaces, and of the whole repository where something of the cluster goes. */
function around({ after, input }: World, gone: readonly Change[]): ReadonlySet<KubeObject> {
  const spaces = new Set(gone.map(({ ref }) => (ref.kind === 'Namespace' && ref.group === '' ? ref.name : ref.namespace)));
  const wide = gone.some(({ ref }) => ref.namespace === '' && ref.kind !== 'Namespace');
  if (wide) for (const { head } of input.applications) for (const { object } of head) spaces.add(object.metadata.namespace ?? '');
  spaces.add('');
  return new Set([...spaces].flatMap((space) => [...after.inNamespace(space)]));
}

/** What is named for the first time and is nowhere to be found: one caution for each kind of which something lacks. */
function unknown(world: World, change: Change): Caution[] {
  const { base, head } = change;
  if (head === undefined) return [];
  const before = new Set((base === undefined ? [] : needs(base)).map(({ ref }) => refText(ref)));
  const lacking = needs(head).filter(({ ref }) => {
    const name = refText(ref);
    if (before.has(name) || world.after.get(name) !== undefined || world.before.get(name) !== undefined) return false;
    return isExpected(world, ref) && !isProvided(world.after, ref);
  });
  const kinds = [...new Set(lacking.map((reference) => `${verb(reference)} ${reference.ref.kind}`))];
  return kinds.map((kind) =>
    lackingCaution(
      { change, object: head, within: world.input.within ?? '' },
      lacking.filter((reference) => `${verb(reference)} ${reference.ref.kind}` === kind),
    ),
  );
}

interface Lacking {
  readonly change: Change;
  readonly object: KubeObject;
  readonly within: string;
}
function lackingCaution({ change, object, within }: Lacking, lacking: readonly Reference[]): Caution {
  const first = lacking[0] as Reference;
  const names = [...new Set(lacking.map(({ ref }) => ref.name))];
  const what = names.length === 1 ? `${shown(first.ref, object)}, which is` : `${first.ref.kind}s ${names.join(', ')}, which are`;
  const unless = names.length === 1 ? ': unless somebody else makes it, ' : ': unless somebody else makes them, ';
  const message = `${verb(first)} ${what} not ${within === '' ? 'in this repository' : `under ${within}`}${consequence(first, unless)}`;
  const fields = [...new Set(lacking.map(({ field }) => field))];
  return cautionAbout(change, { rule: 'missing-reference', severity: 'caution', message, fields });
}

function needs(object: KubeObject): Reference[] {
  return referencesOf(object).filter(({ optional }) => !optional);
}

const repositoryKinds: ReadonlySet<string> = new Set(['/ConfigMap', '/Secret', '/ServiceAccount', '/PersistentVolumeClaim', '/Service']);
const scaleKinds: ReadonlySet<string> = new Set(['apps/Deployment', 'apps/StatefulSet']);
const roles = 'rbac.authorization.k8s.io/';
const ownRoles: ReadonlySet<string> = new Set(['cluster-admin', 'admin', 'edit', 'view']);
/** Classes of the cluster, its own roles and what lives in namespaces of which this repository has nothing are for others to make. */
function isExpected({ after }: World, { group, kind, namespace, name }: ObjectRef): boolean {
  const full = `${group}/${kind}`;
  if (full === `${roles}ClusterRole`) return !ownRoles.has(name) && !name.startsWith('system:');
  if (!repositoryKinds.has(full) && !scaleKinds.has(full) && full !== `${roles}Role`) return false;
  return after.inNamespace(namespace).length > 0;
}

type Use = 'config' | 'pull' | 'account' | 'claim' | 'backend' | 'governing' | 'scale' | 'role' | 'other';
function useOf({ ref, field, read }: Reference): Use {
  if (read !== undefined) return 'config';
  if (field.endsWith('.imagePullSecrets')) return 'pull';
  if (field.endsWith('.serviceAccountName')) return 'account';
  if (ref.kind === 'PersistentVolumeClaim') return 'claim';
  if (field === 'spec.serviceName') return 'governing';
  if (field === 'spec.scaleTargetRef') return 'scale';
  if (field === 'roleRef') return 'role';
  return ref.kind === 'Service' ? 'backend' : 'other';
}
const words: Readonly<Record<Use, { readonly verb: string; readonly then: string }>> = {
  config: { verb: 'reads', then: 'its pods do not start' },
  pull: { verb: 'pulls its images with', then: 'images that need it cannot be pulled' },
  account: { verb: 'runs as', then: 'its pods cannot be created' },
  claim: { verb: 'mounts', then: 'its pods cannot be scheduled' },
  backend: { verb: 'sends requests to', then: 'they fail' },
  governing: { verb: 'names its pods by', then: 'they have no names of their own in DNS' },
  scale: { verb: 'scales', then: 'it does nothing' },
  role: { verb: 'grants', then: 'it grants nothing' },
  other: { verb: 'names', then: '' },
};
function verb(reference: Reference): string {
  return words[useOf(reference)].verb;
}
function consequence(reference: Reference, before: string): string {
  const { then } = words[useOf(reference)];
  return then === '' ? '' : `${before}${then}`;
}
function startsWithout(reference: Reference): boolean {
  return !['config', 'account', 'claim'].includes(useOf(reference));
}
function shown(ref: ObjectRef, from: KubeObject): string {
  return ref.namespace === (from.metadata.namespace ?? '') ? `${ref.kind} ${ref.name}` : refText(ref);
}
