import { type ApplicationRevision, ConfigMap, Deployment, Job, type Pod, type ReplicaSet, Secret } from '../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { controllerOf } from '../../src/api/owner.ts';
import { isDeepStrictEqual } from 'node:util';
import type { FaultyStory } from './gitops-faults.ts';

export const secretValue = 'do-not-tell-anyone-this';
export interface Expected {
  readonly configMaps: Readonly<Record<string, object>>;
  /** Image and replicas. */
  readonly deployments: Readonly<Record<string, readonly [string, number]>>;
  readonly jobs: readonly string[];
  readonly secrets: readonly string[];
}

/** Which rules of a delivery were broken, from every change that was ever stored. */
export async function faultsOf(world: FaultyStory, expected: Expected): Promise<string[]> {
  return [
    ...(await stateFaults(world, expected)),
    ...jobFaults(world),
    ...replicaFaults(world),
    ...lostFaults(world),
    ...writeFaults(world),
    ...numberFaults(world),
    ...told(world),
  ];
}

async function stateFaults({ client }: FaultyStory, expected: Expected): Promise<string[]> {
  const inDefault = { namespace: 'default' };
  const maps = (await client.list(ConfigMap, inDefault)).items.filter((each) => each.metadata.name !== 'kube-root-ca.crt');
  const webs = (await client.list(Deployment, inDefault)).items;
  const secrets = (await client.list(Secret, inDefault)).items.filter((each) => each.type === 'Opaque');
  const found: Expected = {
    configMaps: Object.fromEntries(maps.map((each) => [each.metadata.name, each.data ?? {}])),
    deployments: Object.fromEntries(
      webs.map((each) => [each.metadata.name, [each.spec.template.spec?.containers[0]?.image ?? '', each.status?.availableReplicas ?? 0]]),
    ),
    jobs: (await client.list(Job, inDefault)).items.map((each) => each.metadata.name),
    secrets: secrets.map((each) => each.metadata.name),
  };
  return isDeepStrictEqual(found, expected) ? [] : [`the cluster is not the last commit: ${JSON.stringify(found)}`];
}

/** Each Job was created once, and so was its pod; one that has failed, as when its sandbox went with the process, is made up for. */
function jobFaults({ changes }: FaultyStory): string[] {
  const counts = new Map<string, number>();
  const add = (name: string, more: number) => counts.set(name, (counts.get(name) ?? 0) + more);
  for (const change of changes) {
    if (change.type !== 'put') continue;
    const object = change.entry.value();
    const name = nameOfJobPart(object);
    if (name === undefined) continue;
    if (change.previous === undefined) add(name, 1);
    else if (hasFailed(object) && !hasFailed(change.previous.value())) add(name, -1);
  }
  return [...counts].filter(([, count]) => count > 1).map(([name, count]) => `${count} times ${name}`);
}
function nameOfJobPart(object: KubeObject): string | undefined {
  if (object.kind === 'Job') return `Job ${object.metadata.name}`;
  const owner = object.kind === 'Pod' ? controllerOf(object) : undefined;
  return owner?.kind === 'Job' ? `pod of ${owner.name}` : undefined;
}
function hasFailed(object: KubeObject): boolean {
  return object.kind === 'Pod' && (object as Pod).status?.phase === 'Failed';
}

/** What every commit asks for is never deleted. */
function lostFaults({ changes }: FaultyStory): string[] {
  const asked = new Set(['Deployment web', 'ConfigMap settings', 'Secret token']);
  return changes.flatMap((change) => {
    const object = change.type === 'delete' ? change.previous.value() : undefined;
    const name = object === undefined ? '' : `${object.kind} ${object.metadata.name}`;
    return asked.has(name) ? [`${name} was deleted`] : [];
  });
}

/** A ReplicaSet never has more pods at a time than it was ever asked for. */
function replicaFaults({ changes }: FaultyStory): string[] {
  const asked = new Map<string, number>();
  const living = new Map<string, Set<string>>();
  const faults = new Set<string>();
  for (const change of changes) {
    const object = (change.type === 'put' ? change.entry : change.previous).value();
    const { uid = '', name } = object.metadata;
    if (object.kind === 'ReplicaSet') asked.set(uid, Math.max(asked.get(uid) ?? 0, (object as ReplicaSet).spec.replicas ?? 1));
    const owner = object.kind === 'Pod' ? controllerOf(object) : undefined;
    if (owner?.kind !== 'ReplicaSet') continue;
    const pods = living.get(owner.uid) ?? new Set();
    living.set(owner.uid, pods);
    if (change.type === 'put' && lives(object as Pod)) pods.add(name);
    else pods.delete(name);
    if (pods.size > (asked.get(owner.uid) ?? 0)) faults.add(`more pods of a ReplicaSet than it was asked for: ${owner.name}`);
  }
  return [...faults];
}

function lives({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && status?.phase !== 'Failed' && status?.phase !== 'Succeeded';
}

/** At most one write that changes something, by object and revision of the application; what the test itself wrote may be set back. */
function writeFaults({ changes, own }: FaultyStory): string[] {
  const counts = new Map<string, string[]>();
  let number = 0;
  for (const change of changes) {
    if (change.type !== 'put') continue;
    const { key, revision } = change.entry;
    const object = change.entry.value();
    if (object.kind === 'ApplicationRevision' && change.previous === undefined) number = (object as ApplicationRevision).spec.number;
    if (!['ConfigMap', 'Deployment', 'Job'].includes(object.kind) || key.includes('kube-root-ca')) continue;
    const before = change.previous?.value();
    const drifted = change.previous !== undefined && own.has(String(change.previous.revision));
    if (own.has(String(revision)) || drifted || isDeepStrictEqual(wished(object), wished(before))) continue;
    const at = `${key} in revision ${number}`;
    counts.set(at, [...(counts.get(at) ?? []), `${revision}: ${JSON.stringify(wished(object))}`]);
  }
  return [...counts].filter(([, writes]) => writes.length > 1).map(([at, writes]) => `changing writes of ${at}: ${writes.join('; ')}`);
}
function wished(object: KubeObject | undefined): unknown {
  const { spec, data } = (object ?? {}) as { spec?: unknown; data?: unknown };
  return [object === undefined, spec, data];
}

function numberFaults({ changes }: FaultyStory): string[] {
  const numbers = changes.flatMap((change) => {
    if (change.type !== 'put' || change.previous !== undefined || change.entry.value().kind !== 'ApplicationRevision') return [];
    return [(change.entry.value() as ApplicationRevision).spec.number];
  });
  return numbers.every((number, index) => number === index + 1) ? [] : [`revisions are numbered ${numbers.join(', ')}`];
}

/** A secret value in anything that is no Secret. */
function told({ changes }: FaultyStory): string[] {
  const needles = [secretValue, Buffer.from(secretValue).toString('base64')];
  return changes.flatMap((change) => {
    if (change.type !== 'put' || change.entry.value().kind === 'Secret') return [];
    const text = Buffer.from(change.entry.json).toString();
    return needles.some((needle) => text.includes(needle)) ? [`${change.entry.key} tells the secret`] : [];
  });
}
