import {
  HorizontalPodAutoscaler,
  LimitRange,
  Namespace,
  Node,
  Pod,
  PodDisruptionBudget,
  PriorityClass,
  ReplicaSet,
  ResourceQuota,
  RuntimeClass,
  StorageClass,
} from '../api/kinds.generated.ts';
import { refOf, refText, splitApiVersion, type Kind, type KubeObject } from '../api/object.ts';
import { controllerOf } from '../api/owner.ts';
import { isForbidden } from '../api/status.ts';
import { recordsAt, valueAt } from '../base/json.ts';
import type { NodeDescription } from '../agent/node.ts';
import type { Connection } from '../client/connect.ts';
import { mapConcurrent } from '../gitops/concurrent.ts';
import { listPages } from '../gitops/live.ts';
import { countedBy } from './around/counted.ts';
import { metadataPages, type Metadata } from './around/metadata.ts';
import { namedThere, type Named } from './around/named.ts';
import { elsewhere } from './around/portable.ts';
import { nodesFrom } from './nodes.ts';
import { standingPod } from './around/standing-pod.ts';

/** What a live cluster has besides the applications of a merge, as far as it decides where their pods go and what they may use. */
export interface Around extends Named {
  /** Namespaces, quotas, limits, classes, budgets, autoscalers of what the applications bring, and what counts against a quota. */
  readonly objects: readonly KubeObject[];
  readonly nodes: readonly NodeDescription[];
  /** Pods of others, as they stand on those nodes, without what they run. */
  readonly pods: readonly Pod[];
  /** On which nodes the pods of a Deployment of the applications are, by its `refText`. */
  readonly placed: ReadonlyMap<string, readonly string[]>;
  /** What was left out, for people. */
  readonly notes: readonly string[];
}

/** Where everything of a kind is read, whosever it is. Nothing in them is secret. */
const classes: readonly Kind[] = [Namespace, PriorityClass, StorageClass, RuntimeClass, ResourceQuota, LimitRange, PodDisruptionBudget];

/**
 * Reads a live cluster, page by page, and writes nothing. Of Secrets and ConfigMaps only the names are asked for, of pods nothing is kept
 * that their containers are told. `brought`: what the applications hold before and after, namespaces filled in.
 */
export async function readAround(cluster: Connection, brought: readonly KubeObject[]): Promise<Around> {
  const notes: string[] = [];
  const own = new Set(brought.map((object) => refText(refOf(object))));
  const isOthers = (object: KubeObject): boolean => !own.has(refText(refOf(object)));
  const read = <T extends KubeObject>(kind: Kind<T>): Promise<T[]> => listed(cluster, kind, notes);
  const [scalers, ...rules] = await mapConcurrent([HorizontalPodAutoscaler, ...classes], 4, (kind: Kind) => read(kind));
  const everything = await read(Node);
  const nodes = nodesFrom(everything.filter(isReady));
  if (nodes.length < everything.length)
    notes.push(`${everything.length - nodes.length} of ${everything.length} nodes take no pods now and are left out`);
  const objects = [...rules.flat(), ...(scalers ?? []).filter((scaler) => own.has(targetOf(scaler)))].filter(isOthers);
  const counted = await countedBy(cluster, objects, notes);
  const named = await namedThere(cluster, brought, [...objects, ...counted]);
  const { pods, placed } = partedPods(await read(Pod), await setsOf(cluster, notes), { own, nodes });
  const around = [...objects, ...counted.filter(isOthers), ...named.claims].map(elsewhere);
  return { objects: around, nodes, pods, placed, present: named.present, absent: named.absent, notes };
}

async function listed<T extends KubeObject>(cluster: Connection, kind: Kind<T>, notes: string[]): Promise<T[]> {
  try {
    return (await listPages(cluster, kind)) as T[];
  } catch (error) {
    if (!isForbidden(error)) throw error;
    notes.push(`${kind.plural} of the live cluster may not be listed: nothing is known of them`);
    return [];
  }
}

async function setsOf(cluster: Connection, notes: string[]): Promise<ReadonlyMap<string, Metadata>> {
  try {
    const all = await metadataPages(cluster, ReplicaSet);
    return new Map(all.map((metadata) => [metadata.uid ?? '', metadata]));
  } catch (error) {
    if (!isForbidden(error)) throw error;
    notes.push('replicasets of the live cluster may not be listed: pods of Deployments count as those of others');
    return new Map();
  }
}

function isReady(node: KubeObject): boolean {
  return recordsAt(node, ['status', 'conditions']).some(({ type, status }) => type === 'Ready' && status === 'True');
}

function targetOf(scaler: KubeObject): string {
  const target = valueAt(scaler, ['spec', 'scaleTargetRef']) as { apiVersion?: string; kind?: string; name?: string };
  const { group } = splitApiVersion(target.apiVersion ?? '');
  return refText({ group, kind: target.kind ?? '', namespace: scaler.metadata.namespace ?? '', name: target.name ?? '' });
}

/** Parts pods that stand on nodes: those of others, and where those of the applications' Deployments are. */
function partedPods(
  all: readonly Pod[],
  sets: ReadonlyMap<string, Metadata>,
  about: { readonly own: ReadonlySet<string>; readonly nodes: readonly NodeDescription[] },
): Pick<Around, 'pods' | 'placed'> {
  const known = new Set(about.nodes.map(({ name }) => name));
  const pods: Pod[] = [];
  const placed = new Map<string, string[]>();
  for (const pod of all) {
    const { nodeName = '' } = pod.spec ?? {};
    const over = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' || pod.metadata.deletionTimestamp !== undefined;
    if (over || !known.has(nodeName)) continue;
    const maker = makerOf(pod, sets);
    if (!about.own.has(maker)) pods.push(standingPod(pod));
    else placed.set(maker, [...(placed.get(maker) ?? []), nodeName]);
  }
  return { pods, placed };
}

/** Who made it, through its ReplicaSet where there is one; itself where nobody did. */
function makerOf(pod: Pod, sets: ReadonlyMap<string, Metadata>): string {
  const direct = controllerOf(pod);
  if (direct === undefined) return refText(refOf(pod));
  const set = direct.kind === 'ReplicaSet' ? sets.get(direct.uid) : undefined;
  const maker = (set?.ownerReferences ?? []).find(({ controller }) => controller === true) ?? direct;
  const { group } = splitApiVersion(maker.apiVersion);
  return refText({ group, kind: maker.kind, namespace: pod.metadata.namespace ?? '', name: maker.name });
}
