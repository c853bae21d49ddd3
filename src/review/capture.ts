import { apiVersionOf, type Kind, type KubeObject } from '../api/object.ts';
import { isForbidden, isNotFound, StatusError } from '../api/status.ts';
import { timestamp, type Clock } from '../base/clock.ts';
import { isRecord, valueAt } from '../base/json.ts';
import type { Cluster } from '../client/cluster.ts';
import { mapConcurrent } from '../gitops/concurrent.ts';
import { listPages } from '../gitops/live.ts';
import { lastApplied } from '../gitops/tracking.ts';
import { packDocument, type ClusterProfile } from './profile.ts';

export interface CaptureOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Where the cluster is, for people. */
  readonly target: string;
  /** Also what runs there: workloads, Services, claims, budgets, autoscalers. */
  readonly workloads?: boolean;
  /** Told of each step. */
  readonly progress?: (text: string) => void;
}

/** By plural and group. What decides how others are judged; Secrets are in no list. */
const judging = [
  ...['customresourcedefinitions.apiextensions.k8s.io', 'namespaces.', 'resourcequotas.', 'limitranges.'],
  ...['validatingadmissionpolicies', 'validatingadmissionpolicybindings'].map((plural) => `${plural}.admissionregistration.k8s.io`),
  ...['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings'].map((plural) => `${plural}.admissionregistration.k8s.io`),
  ...['storageclasses.storage.k8s.io', 'volumeattributesclasses.storage.k8s.io', 'priorityclasses.scheduling.k8s.io'],
  ...['ingressclasses.networking.k8s.io', 'runtimeclasses.node.k8s.io', 'deviceclasses.resource.k8s.io'],
];
const running = [
  ...['deployments.apps', 'statefulsets.apps', 'daemonsets.apps', 'jobs.batch', 'cronjobs.batch', 'services.', 'persistentvolumeclaims.'],
  ...['horizontalpodautoscalers.autoscaling', 'poddisruptionbudgets.policy'],
];
const webhooks = ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'].map(
  (plural) => `${plural}.admissionregistration.k8s.io`,
);

/** Reads a cluster once and writes nothing. What may not be read is noted. */
export async function captureProfile(cluster: Cluster, options: CaptureOptions): Promise<ClusterProfile> {
  const { clock, target, workloads = false, progress = () => undefined } = options;
  const { gitVersion } = await cluster.version();
  const serves = await cluster.kinds();
  const notes: string[] = [];
  progress(`${serves.length} kinds of ${gitVersion}`);
  const listed = async (names: readonly string[]): Promise<KubeObject[]> => {
    const found = await mapConcurrent(names, 4, (name) => listKind(cluster, preferred(serves, name), notes));
    return found.flat();
  };
  const objects = await listed(judging);
  const parameters = await listed([...new Set(objects.flatMap((object) => parametersOf(object, serves)))]);
  progress(`${objects.length} definitions, policies, quotas and classes`);
  for (const { kind, metadata } of await listed(webhooks))
    notes.push(`${kind} ${metadata.name} is not judged by: a webhook only the cluster can ask`);
  const openapi = await documentsOf(cluster, serves, notes);
  progress(`${Object.keys(openapi).length} OpenAPI documents`);
  return {
    apiVersion: 'steersman.dev/v1',
    kind: 'ClusterProfile',
    version: gitVersion,
    capturedAt: timestamp(clock),
    target,
    serves: serves.map(({ group, version, kind, plural, namespaced }) => ({ group, version, kind, plural, namespaced })),
    openapi,
    objects: [...objects, ...parameters].map((object) => portable(object)),
    nodes: (await listed(['nodes.'])).map((object) => portable(object)),
    workloads: workloads ? (await listed(running)).map((object) => portable(object)) : [],
    notes,
  };
}

/** Of a group that is served in several versions the one that comes first. */
function preferred(serves: readonly Kind[], name: string): Kind | undefined {
  return serves.find(({ plural, group }) => `${plural}.${group}` === name);
}

async function listKind(cluster: Cluster, kind: Kind | undefined, notes: string[]): Promise<KubeObject[]> {
  if (kind === undefined) return [];
  try {
    const items = await listPages(cluster, kind);
    return items.map((object) => ({ ...object, apiVersion: apiVersionOf(kind), kind: kind.kind }));
  } catch (error) {
    if (!isForbidden(error)) throw error;
    notes.push(`${kind.plural} may not be listed: nothing is known of them`);
    return [];
  }
}

/** What a policy reads beside the object that it judges. A Secret is never read. */
function parametersOf(object: KubeObject, serves: readonly Kind[]): string[] {
  const kind = valueAt(object, ['spec', 'paramKind']);
  if (!isRecord(kind) || kind['kind'] === 'Secret') return [];
  const found = serves.find((one) => apiVersionOf(one) === kind['apiVersion'] && one.kind === kind['kind']);
  return found === undefined ? [] : [`${found.plural}.${found.group}`];
}

async function documentsOf(cluster: Cluster, serves: readonly Kind[], notes: string[]): Promise<Record<string, string>> {
  const versions = [...new Map(serves.map((kind) => [apiVersionOf(kind), kind])).values()];
  const documents = await mapConcurrent(versions, 4, async ({ group, version }) => {
    try {
      return await cluster.openapi(group, version);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      if (!(error instanceof StatusError)) throw error;
      notes.push(`the OpenAPI document of ${apiVersionOf({ group, version })} could not be read: ${error.reason}`);
      return undefined;
    }
  });
  const out: Record<string, string> = {};
  versions.forEach((kind, at) => {
    if (documents[at] !== undefined) out[apiVersionOf(kind)] = packDocument(documents[at]);
  });
  return out;
}

/** Members that another server makes anew. */
const ownMetadata = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'selfLink', 'ownerReferences', 'finalizers'];

/** What can be created elsewhere: of the status only what capacity and quotas say. */
function portable(object: KubeObject): KubeObject {
  const { status, ...rest } = object as KubeObject & { status?: unknown };
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([name]) => !ownMetadata.includes(name)));
  const annotations = Object.entries(object.metadata.annotations ?? {}).filter(([name]) => name !== lastApplied);
  const kept = object.kind === 'Node' ? ['capacity', 'allocatable', 'nodeInfo'] : object.kind === 'ResourceQuota' ? ['hard', 'used'] : [];
  const said = isRecord(status) ? Object.entries(status).filter(([name]) => kept.includes(name)) : [];
  return {
    ...rest,
    metadata: { ...metadata, name: object.metadata.name, annotations: Object.fromEntries(annotations) },
    ...(said.length === 0 ? {} : { status: Object.fromEntries(said) }),
  };
}
