import { Deployment } from '../api/kinds.generated.ts';
import { refOf, refText, type KubeObject, type ObjectRef } from '../api/object.ts';
import { timestamp } from '../base/clock.ts';
import { canonicalJson } from '../base/json.ts';
import type { Cluster } from '../client/cluster.ts';
import type { Desired, DesiredSet } from '../gitops/desired.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import { servedForm } from '../kinds/served-form.ts';
import { behaviourOf, templateChange } from './alike/behaviour.ts';
import { companionsOf, isFree } from './alike/companions.ts';
import { ownServices, surveyOf, type Survey } from './alike/survey.ts';
import type { Startup } from './request.ts';
import { isOrdinary } from './seed.ts';

/** One application at both revisions. */
export interface Side {
  readonly before: DesiredSet;
  readonly after: DesiredSet;
}
/** A Deployment that does what another one does, at the same moments. */
export interface Twin {
  /** The one that is simulated. */
  readonly of: ObjectRef;
  readonly ref: ObjectRef;
  /** As a server would hold it before and after the merge. */
  readonly before: Readonly<Deployment>;
  readonly after: Readonly<Deployment>;
  /** Services that choose its pods alone, each with the like one of the other. */
  readonly services: readonly { readonly of: ObjectRef; readonly ref: ObjectRef; readonly object: KubeObject }[];
}
/** What objects are held against, and how long containers take to start. */
export interface Judging {
  readonly kinds: readonly ResourceKind[];
  readonly startup: Startup;
  readonly nowMs: number;
}
export interface Alike {
  readonly twins: readonly Twin[];
  /** What is left out of the simulation, twins and what they alone use, as `refText`. */
  readonly left: ReadonlySet<string>;
}
interface Candidate {
  readonly ref: ObjectRef;
  readonly before: Readonly<Deployment>;
  readonly after: Readonly<Deployment>;
  readonly services: readonly KubeObject[];
  readonly behaviour: string;
}

/**
 * Deployments of one application that nothing tells apart but names, labels, what their containers are told and what they weigh, where
 * there is room for everything: one of each sort is simulated, and the others do the same. Left out is whatever a quota, a limit, a
 * budget, an autoscaler, a wave, a claim or a choice of nodes rules, and what has a Service in common with others. Each is held against its
 * kind, and Services are judged by the server, which must have `surroundings` and the namespaces already.
 */
export async function twinsOf(
  cluster: Cluster,
  sides: readonly Side[],
  about: Judging & { readonly surroundings: readonly KubeObject[]; readonly granted: readonly ObjectRef[] },
): Promise<Alike> {
  const survey = surveyOf(sides, about);
  const twins: Twin[] = [];
  for (const [at, side] of sides.entries()) {
    const pairs = side.after.items.flatMap((after) => {
      const before = side.before.byName.get(after.name);
      return before !== undefined && mayBeAlike(before, after, { survey, at }) ? [{ before, after }] : [];
    });
    if (pairs.length < 2) continue;
    const found = pairs.flatMap((pair) => candidateOf(about, pair, survey) ?? []);
    twins.push(...twinsAmong(found));
  }
  const names = twins.map(({ ref }) => refText(ref));
  return { twins, left: new Set([...names, ...(await companionsOf({ cluster, kinds: about.kinds }, sides, twins))]) };
}

function mayBeAlike(before: Desired, after: Desired, { survey, at }: { survey: Survey; at: number }): boolean {
  const isDeployment = after.ref.group === 'apps' && after.ref.kind === 'Deployment';
  return isDeployment && [before, after].every((one) => isFree(one.object)) && survey.isUnruled(before.object, after.object, at);
}
function candidateOf(judging: Judging, pair: { readonly before: Desired; readonly after: Desired }, survey: Survey): Candidate | undefined {
  const { startup } = judging;
  const [before, after] = [judged(judging, pair.before.object), judged(judging, pair.after.object)];
  if (before === undefined || after === undefined || !isPlain(before) || !isPlain(after)) return undefined;
  if (canonicalJson(before.spec.selector) !== canonicalJson(after.spec.selector)) return undefined;
  const services = ownServices(survey, before, after);
  const change = templateChange(before, after);
  if (services === undefined || change === undefined) return undefined;
  const { phase, wave, group, ref } = pair.after;
  const place = [ref.namespace, phase, wave, group, pair.before.group];
  const told = [place, behaviourOf(before, startup), behaviourOf(after, startup), change, services.map(({ shape }) => shape)];
  return { ref, before, after, services: services.map(({ object }) => object), behaviour: canonicalJson(told) };
}
/** As the server would hold it, which asks nobody but the kind where nothing rules the namespace; undefined where it refuses it. */
function judged({ kinds, nowMs }: Judging, object: KubeObject): Readonly<Deployment> | undefined {
  const held = servedForm(kinds, Deployment, object) as Deployment | undefined;
  if (held === undefined) return undefined;
  const creationTimestamp = timestamp({ now: () => nowMs });
  return { ...held, metadata: { ...held.metadata, creationTimestamp, generation: 1 } };
}
function isPlain(deployment: Readonly<Deployment>): boolean {
  return isOrdinary(deployment, 'anywhere');
}

/** The first of each sort by name stands for the others. */
function twinsAmong(candidates: readonly Candidate[]): Twin[] {
  const sorts = new Map<string, Candidate[]>();
  const byName = [...candidates].sort((a, b) => (refText(a.ref) < refText(b.ref) ? -1 : 1));
  for (const one of byName) sorts.set(one.behaviour, [...(sorts.get(one.behaviour) ?? []), one]);
  return [...sorts.values()].flatMap(([first, ...others]) =>
    others.map(({ ref, before, after, services }): Twin => {
      const { ref: of, services: its } = first as Candidate;
      const pairs = services.map((service, at) => ({ of: refOf(its[at] as KubeObject), ref: refOf(service), object: service }));
      return { of, ref, before, after, services: pairs };
    }),
  );
}

/** Manifests of a set without what is left out. */
export function withoutLeft<T extends { readonly object: KubeObject }>(
  manifests: readonly T[],
  { items }: DesiredSet,
  { left }: Pick<Alike, 'left'>,
): T[] {
  const gone = new Set(items.filter(({ name }) => left.has(name)).map(({ manifest }) => manifest.object));
  return manifests.filter(({ object }) => !gone.has(object));
}
