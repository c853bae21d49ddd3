import type { Deployment } from '../../api/kinds.generated.ts';
import { refOf, refText, type KubeObject, type ObjectRef } from '../../api/object.ts';
import { selects, type LabelSelector, type Labels } from '../../api/selector.ts';
import { canonicalJson, valueAt } from '../../base/json.ts';
import type { DesiredSet } from '../../gitops/desired.ts';
import { podSpecPath, referencesOf } from '../../gitops/references.ts';

/** What is known of everything around a Deployment, so that others have no part in what it does. */
export interface Survey {
  /** No quota, limit, budget or autoscaler has a say, and all that it reads is there when its pods start. `at`: of its side. */
  isUnruled(before: KubeObject, after: KubeObject, at: number): boolean;
  /** Services of a namespace before and after. */
  readonly services: ReadonlyMap<string, { readonly before: readonly Chooser[]; readonly after: readonly Chooser[] }>;
}
/** A Service with a selector, and the names of all that make pods which it chooses, before or after. */
interface Chooser {
  readonly object: KubeObject;
  readonly selector: readonly (readonly [string, string])[];
  readonly makers: ReadonlySet<string>;
}

export function surveyOf(
  sides: readonly { readonly before: DesiredSet; readonly after: DesiredSet }[],
  { surroundings, granted }: { readonly surroundings: readonly KubeObject[]; readonly granted: readonly ObjectRef[] },
): Survey {
  const objectsOf = (sets: readonly DesiredSet[]): KubeObject[] => [
    ...surroundings,
    ...sets.flatMap(({ items }) => items.map(({ object }) => object)),
  ];
  const [before, after] = [objectsOf(sides.map((side) => side.before)), objectsOf(sides.map((side) => side.after))];
  const everything = [...before, ...after];
  const kindIn = (kind: string, objects = everything): KubeObject[] => objects.filter((object) => object.kind === kind);
  const ruled = new Set([...kindIn('ResourceQuota'), ...kindIn('LimitRange')].map(({ metadata }) => metadata.namespace ?? ''));
  const budgets = kindIn('PodDisruptionBudget');
  const scaled = new Set(kindIn('HorizontalPodAutoscaler').flatMap((one) => referencesOf(one).map(({ ref }) => refText(ref))));
  const names = (objects: readonly KubeObject[]): Set<string> => new Set(objects.map((object) => refText(refOf(object))));
  const given = new Set(granted.map(refText));
  const [old, now] = [names(before), names(after)];
  const own = sides.map((side) => names(objectsOf([side.after])));
  const reads = (object: KubeObject, isThere: (name: string) => boolean): boolean =>
    referencesOf(object).every(({ ref, optional }) => optional || always(ref) || given.has(refText(ref)) || isThere(refText(ref)));
  return {
    isUnruled: (was, is, at) => {
      const { namespace = '' } = is.metadata;
      if (ruled.has(namespace) || scaled.has(refText(refOf(is)))) return false;
      const limited = budgets.filter(({ metadata }) => metadata.namespace === namespace).map(selectorOf);
      if ([was, is].some((one) => limited.some((selector) => selects(selector, podLabels(one))))) return false;
      return reads(was, (name) => old.has(name)) && reads(is, (name) => (old.has(name) && now.has(name)) || own[at]?.has(name) === true);
    },
    services: choosersIn({ before: kindIn('Service', before), after: kindIn('Service', after) }, everything),
  };
}
function always({ kind, name }: ObjectRef): boolean {
  return kind === 'ServiceAccount' || name === 'kube-root-ca.crt';
}
function selectorOf(object: KubeObject): LabelSelector | undefined {
  return valueAt(object, ['spec', 'selector']) as LabelSelector | undefined;
}

function choosersIn(
  services: { readonly before: readonly KubeObject[]; readonly after: readonly KubeObject[] },
  everything: readonly KubeObject[],
): Survey['services'] {
  const makers = new Map<string, { name: string; labels: Labels }[]>();
  for (const object of everything) {
    if (podSpecPath(object.kind) === undefined) continue;
    const { namespace = '' } = object.metadata;
    const known = makers.get(namespace) ?? [];
    makers.set(namespace, known);
    known.push({ name: refText(refOf(object)), labels: podLabels(object) });
  }
  const out = new Map<string, { before: Chooser[]; after: Chooser[] }>();
  for (const side of ['before', 'after'] as const) {
    for (const object of services[side]) {
      const { namespace = '' } = object.metadata;
      const selector = Object.entries((specOf(object)['selector'] ?? {}) as Labels);
      if (selector.length === 0) continue;
      const known = out.get(namespace) ?? { before: [], after: [] };
      out.set(namespace, known);
      const chosen = (makers.get(namespace) ?? []).filter(({ labels }) => chooses(selector, labels));
      known[side].push({ object, selector, makers: new Set(chosen.map(({ name }) => name)) });
    }
  }
  return out;
}

/** Labels of the pods that an object makes. */
function podLabels(object: KubeObject): Labels {
  const path = podSpecPath(object.kind) ?? [];
  return (valueAt(object, [...path.slice(0, -1), 'metadata', 'labels']) ?? {}) as Labels;
}

/** A Service, and what it does for the pods that it chooses. */
export interface OwnService {
  readonly object: KubeObject;
  readonly shape: string;
}

/** The Services that choose its pods and nobody else's, before and after the same; undefined where it is not so simple. In the order of what they do. */
export function ownServices(survey: Survey, before: Readonly<Deployment>, after: Readonly<Deployment>): OwnService[] | undefined {
  const there = survey.services.get(after.metadata.namespace ?? '') ?? { before: [], after: [] };
  const chosen = (choosers: readonly Chooser[], of: KubeObject) => {
    const labels = podLabels(of);
    return choosers.filter(({ selector }) => chooses(selector, labels));
  };
  const [old, now] = [chosen(there.before, before), chosen(there.after, after)];
  const text = (services: readonly Chooser[]) =>
    services.map(({ object }) => `${object.metadata.name} ${canonicalJson(specOf(object))}`).sort();
  if (canonicalJson(text(old)) !== canonicalJson(text(now))) return undefined;
  const self = refText(refOf(after));
  if (now.some(({ makers }) => [...makers].some((name) => name !== self))) return undefined;
  const own = now.map(({ object }) => ({ object, shape: shapeOf(object) }));
  return own.sort((a, b) => (a.shape < b.shape ? -1 : a.shape > b.shape ? 1 : a.object.metadata.name < b.object.metadata.name ? -1 : 1));
}
function chooses(selector: readonly (readonly [string, string])[], labels: Labels): boolean {
  return selector.every(([label, value]) => labels[label] === value);
}
function specOf(object: KubeObject): Readonly<Record<string, unknown>> {
  return (valueAt(object, ['spec']) ?? {}) as Readonly<Record<string, unknown>>;
}
function shapeOf(service: KubeObject): string {
  const { selector: _selector, ...rest } = specOf(service);
  return canonicalJson(rest);
}
