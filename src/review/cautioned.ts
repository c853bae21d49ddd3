import { splitApiVersion, type Kind, type KubeObject } from '../api/object.ts';
import type { Caution, ImageChange } from '../api/review.ts';
import { mapConcurrent } from '../gitops/concurrent.ts';
import { desiredOf, type DesiredSet } from '../gitops/desired.ts';
import type { FoundApplication } from '../gitops/found.ts';
import type { Renderer } from '../gitops/renderer.ts';
import type { Artifact } from '../gitops/source.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import { cautionsOf, looksBeyond, type CautionedApplication, type CautionedObject } from './cautions/index.ts';
import type { Pair } from './pairs.ts';
import type { PlannedPair } from './plan-pairs.ts';
import { distinct, sideOf } from './sides.ts';

export interface CautionedRequest {
  readonly planned: readonly PlannedPair[];
  /** All of the repository, those too that nothing changes. */
  readonly pairs: readonly Pair[];
  readonly head: Artifact;
  readonly renderers: readonly Renderer[];
  readonly kinds: readonly ResourceKind[];
  /** Where applications were looked for; '' for the whole repository. */
  readonly within: string;
  readonly signal: AbortSignal;
}

/** The cautions of a review: of each cluster by itself, since what is in one provides nothing in another. */
export async function cautioned(request: CautionedRequest): Promise<{ cautions: readonly Caution[]; images: readonly ImageChange[] }> {
  const clusters = [...new Set(request.planned.map((pair) => clusterOf({ base: pair.base?.found, head: pair.head?.found })))];
  if (clusters.length <= 1) return cautionedTogether(request);
  const cautions: Caution[] = [];
  const images = new Map<string, ImageChange>();
  for (const cluster of clusters) {
    const planned = request.planned.filter((pair) => clusterOf({ base: pair.base?.found, head: pair.head?.found }) === cluster);
    const pairs = request.pairs.filter((pair) => clusterOf(pair) === cluster);
    const found = await cautionedTogether({ ...request, planned, pairs });
    cautions.push(...found.cautions);
    for (const change of found.images) {
      const id = JSON.stringify([change.image, change.from, change.to]);
      const known = images.get(id);
      images.set(id, known === undefined ? change : { ...known, usedBy: [...known.usedBy, ...change.usedBy] });
    }
  }
  const blockers = cautions.filter(({ severity }) => severity === 'blocker');
  return { cautions: [...blockers, ...cautions.filter(({ severity }) => severity !== 'blocker')], images: [...images.values()] };
}
function clusterOf({ base, head }: { base?: FoundApplication | undefined; head?: FoundApplication | undefined }): string {
  return (head ?? base)?.cluster ?? '';
}

/**
 * Of one cluster. What nothing changes is rendered only where a change may touch it: where something goes that another
 * application may name, or is named that another one may hold.
 */
async function cautionedTogether(request: CautionedRequest): Promise<{ cautions: readonly Caution[]; images: readonly ImageChange[] }> {
  const { within } = request;
  const applications = request.planned.map((planned) => plannedApplication(planned, request.kinds));
  if (!looksBeyond({ applications })) return cautionsOf({ applications, within });
  const known = new Set(request.planned.map(({ application }) => `${application.namespace}/${application.name}`));
  const rest = request.pairs.filter(({ application }) => !known.has(`${application.namespace}/${application.name}`));
  const others = await mapConcurrent(rest, 64, (pair) => restingApplication(pair, request));
  return cautionsOf({ applications: [...applications, ...others.filter((other) => other !== undefined)], within });
}

/** Where one side could not be made nobody knows what changes, so the other one stands on both. */
function plannedApplication(planned: PlannedPair, kinds: readonly ResourceKind[]): CautionedApplication {
  const { application, base, head, baseSet, headSet, plan, failure } = planned;
  const found = (head ?? base)?.found;
  const sides = { base: objectsOf(baseSet, kinds), head: objectsOf(headSet, kinds) };
  if (base?.failure !== undefined) sides.base = sides.head;
  else if (failure?.stage === 'render') sides.head = sides.base;
  return {
    application,
    cluster: found?.cluster ?? '',
    ...sides,
    prune: found?.prune ?? true,
    suspended: found?.suspended ?? false,
    ...(plan === undefined ? {} : { plan }),
  };
}
function objectsOf(set: DesiredSet, kinds: readonly ResourceKind[]): readonly CautionedObject[] {
  return set.items.map(({ object, manifest, served }) =>
    served === 'no' ? { object: atHome(object, kinds), origin: manifest.origin, unserved: true } : { object, origin: manifest.origin },
  );
}
/** Of a kind that is served in other versions, one knows whether it lives in a namespace. */
function atHome(object: KubeObject, kinds: readonly ResourceKind[]): KubeObject {
  const { group } = splitApiVersion(object.apiVersion);
  const known = kinds.find(({ kind }) => kind.group === group && kind.kind === object.kind);
  if (known === undefined || known.kind.namespaced) return object;
  const { namespace: _none, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The same on both sides. What cannot be rendered holds nothing that anybody knows of. */
async function restingApplication({ application, head }: Pair, request: CautionedRequest): Promise<CautionedApplication | undefined> {
  const found: FoundApplication | undefined = head;
  if (found === undefined) return undefined;
  const { manifests } = await sideOf(request.renderers, request.head, { found, signal: request.signal });
  const set = await desiredOf(distinct(manifests), { namespace: found.namespace, kindOf: kindOf(request.kinds) });
  const objects = objectsOf(set, request.kinds);
  return { application, cluster: found.cluster, base: objects, head: objects, prune: found.prune, suspended: found.suspended };
}

function kindOf(kinds: readonly ResourceKind[]): (object: KubeObject) => Promise<Kind | undefined> {
  const byName = new Map(kinds.map(({ kind }) => [`${kind.group}/${kind.kind}`, kind]));
  return ({ apiVersion, kind }) => Promise.resolve(byName.get(`${splitApiVersion(apiVersion).group}/${kind}`));
}
