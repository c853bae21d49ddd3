import { refOf, refText, splitApiVersion, type KubeObject, type ObjectRef } from '../api/object.ts';
import type { Cluster } from '../client/cluster.ts';
import type { ManifestLike } from '../gitops/desired.ts';
import { isWebhook, providesKind } from '../gitops/references.ts';

/** What a simulated cluster takes, and what it cannot judge. */
export interface Judgeable {
  readonly kept: readonly ManifestLike[];
  readonly left: readonly NotJudged[];
}
export interface NotJudged {
  readonly ref: ObjectRef;
  readonly why: string;
}

/**
 * Parts manifests. Kept out are calls to programs that do not run in a simulation, which would only fail there, kinds that nothing
 * here defines, and Applications, each of which is planned for itself. `brought`: kinds that manifests define, `group/Kind`.
 */
export async function judgeableOf(manifests: readonly ManifestLike[], cluster: Cluster, brought: ReadonlySet<string>): Promise<Judgeable> {
  const kept: ManifestLike[] = [];
  const left: NotJudged[] = [];
  for (const manifest of manifests) {
    const { object } = manifest;
    const { group } = splitApiVersion(object.apiVersion);
    const why = await whyNot(object, cluster, { group, brought });
    if (why !== undefined) left.push({ ref: refOf(object), why });
    else if (group !== 'steersman.dev') kept.push(manifest);
  }
  return { kept, left };
}

async function whyNot(
  object: KubeObject,
  cluster: Cluster,
  { group, brought }: { group: string; brought: ReadonlySet<string> },
): Promise<string | undefined> {
  if (isWebhook(object)) return 'a webhook is a program that does not run in a simulation: what it would refuse or change is not known';
  if (object.kind === 'APIService') return 'what serves an aggregated API does not run in a simulation';
  if (brought.has(`${group}/${object.kind}`) || (await cluster.kindOf(object)) !== undefined) return undefined;
  return `nothing here defines ${group === '' ? '' : `${group}/`}${object.kind}, and its operator does not run in a simulation`;
}

/** Custom kinds that are served and acted on by somebody who is not there. */
export function foreignOf(objects: readonly KubeObject[]): NotJudged[] {
  return objects.filter(isForeign).map((object) => ({
    ref: refOf(object),
    why: `what the operator of ${refText(refOf(object)).split(' ')[0]} makes of it is not known: it does not run in a simulation`,
  }));
}
/** Groups of users have a dot and do not end as those of Kubernetes do. */
function isForeign(object: KubeObject): boolean {
  const { group } = splitApiVersion(object.apiVersion);
  return group.includes('.') && !group.endsWith('.k8s.io') && group !== 'steersman.dev';
}

/** Kinds that definitions among the manifests bring, `group/Kind`. */
export function broughtKinds(manifests: readonly ManifestLike[]): ReadonlySet<string> {
  return new Set(manifests.flatMap(({ object }) => providesKind(object)));
}
