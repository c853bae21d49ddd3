import { keyText, refOf, refText, type KubeObject } from '../api/object.ts';
import { createValidate } from '../gitops/validate.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import { serveCustomKinds, type ServedKinds } from './custom-kinds.ts';
import { furnished } from './furnish.ts';
import { startOffline } from './offline.ts';
import type { Tree } from './pairs.ts';
import { serves } from './profile.ts';
import { planPairs, type ChangedPair, type PlannedPair } from './plan-pairs.ts';
import type { ReviewRequest } from './review.ts';
import type { UnknownKind } from './unknown-kinds.ts';

export interface Planning extends ServedKinds {
  readonly planned: PlannedPair[];
  /** What of a profile is not judged by. */
  readonly notes: readonly string[];
}

/** Applications of different clusters never meet. */
export async function plansOf(request: ReviewRequest, changed: readonly ChangedPair[], trees: [Tree, Tree]): Promise<Planning> {
  const notes = new Set<string>();
  const clusters = [...new Set(changed.map((pair) => clusterOf(pair)))];
  const planned = new Map<string, PlannedPair>();
  const unknown = new Map<string, UnknownKind>();
  const definitions = new Map<string, KubeObject>();
  for (const cluster of clusters) {
    const own = changed.filter((pair) => clusterOf(pair) === cluster);
    const made = await plansOfCluster(request, own, trees);
    for (const one of made.planned) planned.set(keyText(one.application), one);
    for (const one of made.unknown) unknown.set(`${one.group} ${one.kind}`, one);
    for (const note of made.notes) notes.add(note);
    for (const one of made.definitions) definitions.set(one.metadata.name, one);
  }
  const inOrder = changed.map(({ application }) => planned.get(keyText(application)) as PlannedPair);
  return { planned: inOrder, unknown: [...unknown.values()], definitions: [...definitions.values()], notes: [...notes] };
}
function clusterOf({ base, head }: ChangedPair): string {
  return (head ?? base)?.found.cluster ?? '';
}

async function plansOfCluster(request: ReviewRequest, changed: readonly ChangedPair[], [base, head]: [Tree, Tree]): Promise<Planning> {
  const { kinds, sources, renderers, source, from, unserved = 'error', signal } = request;
  const bare = await startOffline(request);
  try {
    const { offline, notes } =
      request.profile === undefined ? { offline: bare, notes: [] } : await furnished(bare, request.profile.content, broughtBy(changed));
    // What a definition somewhere in the repository says is not yet so in a cluster that is known.
    const known =
      request.profile === undefined ? { trees: [head.artifact, base.artifact] } : { trees: [], serves: serves(request.profile.content) };
    const served = await serveCustomKinds(offline, changed, { ...request, ...known });
    const validate = createValidate(offline.clock, request.profile === undefined ? schemasOf(kinds) : undefined);
    const commits = { base: { revision: from, commit: base.artifact.commit }, head: { commit: head.artifact.commit } };
    const planned = await planPairs(changed, {
      offline,
      sources,
      renderers,
      validate,
      source,
      commits,
      unserved,
      signal,
      whole: hasQuota(request.profile),
    });
    return { planned, ...served, notes };
  } finally {
    await bare.stop();
  }
}

/** Objects of the base, each as if it had a namespace and as if it had none. */
function broughtBy(changed: readonly ChangedPair[]): ReadonlySet<string> {
  const refs = changed.flatMap(({ base }) =>
    (base?.manifests ?? [])
      .map(({ object }) => refOf(object))
      .flatMap((ref) => [ref, { ...ref, namespace: ref.namespace === '' ? (base?.found.namespace ?? '') : '' }]),
  );
  return new Set(refs.map((ref) => refText(ref)));
}

/** Quotas count every object, also one that nothing changes. */
function hasQuota(profile: ReviewRequest['profile']): boolean {
  return profile?.content.objects.some(({ kind }) => kind === 'ResourceQuota') === true;
}

function schemasOf(kinds: readonly ResourceKind[]): Parameters<typeof createValidate>[1] {
  const own = new Map(kinds.map((one) => [`${one.kind.group}/${one.kind.version}/${one.kind.kind}`, one]));
  return ({ group, version, kind }) => own.get(`${group}/${version}/${kind}`)?.schema;
}
