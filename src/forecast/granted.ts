import { refText, splitApiVersion, type KubeObject, type ObjectRef } from '../api/object.ts';
import { referencesOf } from '../gitops/references.ts';

/** What is named and nobody here brings, and is taken to be there. */
export interface Granted {
  readonly object: KubeObject;
  readonly ref: ObjectRef;
  /** A live cluster has it. */
  readonly seen: boolean;
}
interface Known {
  readonly present: ReadonlySet<string>;
  readonly absent: ReadonlySet<string>;
}
const nothingKnown: Known = { present: new Set(), absent: new Set() };
interface Side {
  readonly base: readonly KubeObject[];
  readonly head: readonly KubeObject[];
}

/**
 * What the base names and does not hold is somebody else's, and runs today: it stands in with something that does as well. Of what only
 * the head names, classes of the cluster are taken for granted too, and what an object for an operator speaks of; the rest is missing.
 * `known`: what a live cluster has, and what it has not, as `refText`: that is asked no further. Namespaces of the objects must be filled in.
 */
export function grantedFor({ base, head }: Side, standing: readonly KubeObject[], known: Known = nothingKnown): Granted[] {
  const held = new Set([...base, ...standing].map((object) => refText(refOf(object))));
  const coming = new Set(head.map((object) => refText(refOf(object))));
  const told = head.filter(isForOperator).map((object) => ({ namespace: object.metadata.namespace ?? '', text: JSON.stringify(object) }));
  const isToldOf = ({ namespace, name }: ObjectRef) =>
    told.some((one) => one.namespace === namespace && one.text.includes(JSON.stringify(name)));
  const out = new Map<string, Granted>();
  const grant = (ref: ObjectRef) => {
    const object = known.absent.has(refText(ref)) ? undefined : standIn(ref);
    if (object !== undefined) out.set(refText(ref), { object, ref, seen: known.present.has(refText(ref)) });
  };
  for (const ref of named(base)) if (!held.has(refText(ref)) && !coming.has(refText(ref))) grant(ref);
  for (const ref of named(head)) {
    const name = refText(ref);
    const likely = ref.namespace === '' || known.present.has(name) || isToldOf(ref);
    if (!held.has(name) && !coming.has(name) && likely) grant(ref);
  }
  return [...out.values()].sort((a, b) => (refText(a.ref) < refText(b.ref) ? -1 : 1));
}

function named(objects: readonly KubeObject[]): ObjectRef[] {
  return objects.flatMap((object) => referencesOf(object).filter(({ optional }) => !optional)).map(({ ref }) => ref);
}
function refOf(object: KubeObject): ObjectRef {
  const { namespace = '', name } = object.metadata;
  return { group: splitApiVersion(object.apiVersion).group, kind: object.kind, namespace, name };
}
function isForOperator({ apiVersion }: KubeObject): boolean {
  const { group } = splitApiVersion(apiVersion);
  return group.includes('.') && !group.endsWith('.k8s.io');
}

const standIns: Readonly<Record<string, { readonly apiVersion: string; readonly more: object }>> = {
  '/ConfigMap': { apiVersion: 'v1', more: {} },
  '/Secret': { apiVersion: 'v1', more: {} },
  '/ServiceAccount': { apiVersion: 'v1', more: {} },
  '/PersistentVolumeClaim': {
    apiVersion: 'v1',
    more: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  },
  'storage.k8s.io/StorageClass': {
    apiVersion: 'storage.k8s.io/v1',
    more: { provisioner: 'steersman.dev/local-path', volumeBindingMode: 'WaitForFirstConsumer', allowVolumeExpansion: true },
  },
  'scheduling.k8s.io/PriorityClass': { apiVersion: 'scheduling.k8s.io/v1', more: { value: 0 } },
  'node.k8s.io/RuntimeClass': { apiVersion: 'node.k8s.io/v1', more: { handler: 'default' } },
};
function standIn({ group, kind, namespace, name }: ObjectRef): KubeObject | undefined {
  const made = standIns[`${group}/${kind}`];
  if (made === undefined) return undefined;
  const metadata = namespace === '' ? { name } : { name, namespace };
  return { apiVersion: made.apiVersion, kind, metadata, ...made.more } as KubeObject;
}
