import type { ApiRequest, ApiResponse } from '../api/http.ts';
import { apiVersionOf, type Kind } from '../api/object.ts';
import type { KindRegistry, ResourceKind } from '../kinds/kind.ts';
import { encodeJson, jsonAnswer } from './answer.ts';
import { isServed } from './computed/index.ts';
import { etagOf, isKept, notModified } from './etag.ts';
import { metricsKinds, metricsVerbs } from './metrics-api.ts';
import { acceptRanges, jsonType, requireJson } from './negotiate.ts';
import { subresourcesOf, type Subresource } from './subresources/index.ts';
import { writtenMetricsKinds, writtenMetricsVerbs } from './written-metrics.ts';

/** What discovery tells of a kind, stored or computed. */
interface DiscoveredKind {
  readonly kind: Kind;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
}

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const addresses = [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }];

/** Answers the discovery paths: /api, /apis, /api/v1, /apis/G, /apis/G/V; undefined for any other. */
export function createDiscovery(kinds: KindRegistry): (request: ApiRequest, parts: readonly string[]) => ApiResponse | undefined {
  const kept = new Map<string, { readonly body: Uint8Array; readonly etag: string }>();
  let generation = -1;

  return (request, parts) => {
    const [root, group, version] = parts;
    if ((root !== 'api' && root !== 'apis') || parts.length > (root === 'api' ? 2 : 3)) return undefined;
    const form = parts.length === 1 ? aggregatedForm(request.headers['accept']) : undefined;
    if (form !== undefined) return aggregated(request, root, form);
    requireJson(request.headers['accept']);
    const document = classic(kinds, root, root === 'api' ? { group: '', version: group } : { group, version });
    return document === undefined ? undefined : { ...vary(jsonAnswer(200, document, request.wantsObject === true)) };
  };

  function aggregated(request: ApiRequest, root: string, version: 'v2' | 'v2beta1'): ApiResponse {
    if (generation !== kinds.generation) kept.clear();
    generation = kinds.generation;
    const key = `${root}/${version}`;
    let document = kept.get(key);
    if (document === undefined) {
      const body = encodeJson(aggregatedDocument(kinds, root, version));
      kept.set(key, (document = { body, etag: etagOf(body) }));
    }
    const { body, etag } = document;
    const headers = {
      'content-type': `${jsonType};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
      etag,
      vary: 'Accept',
      'cache-control': 'public',
    };
    if (isKept(request, etag)) return notModified(headers);
    const object = request.wantsObject ? { object: aggregatedDocument(kinds, root, version) } : {};
    return { status: 200, headers, body, ...object };
  }
}

const vary = (answer: ApiResponse): ApiResponse => ({ ...answer, headers: { ...answer.headers, vary: 'Accept' } });

/** The first alternative decides: the aggregated list in one of its versions, or the classic one. */
function aggregatedForm(accept: string | undefined): 'v2' | 'v2beta1' | undefined {
  for (const { type, parameters } of acceptRanges(accept ?? '')) {
    if (type !== jsonType) continue;
    const { g, v, as } = parameters;
    if (as === undefined) return undefined;
    if (g === 'apidiscovery.k8s.io' && as === 'APIGroupDiscoveryList' && (v === 'v2' || v === 'v2beta1')) return v;
  }
  return undefined;
}

interface GroupVersions {
  readonly group: string;
  readonly versions: readonly { readonly version: string; readonly kinds: readonly DiscoveredKind[] }[];
}

function stored(kind: ResourceKind): DiscoveredKind {
  const { singular, shortNames, categories } = kind;
  const verbs = kind.computed?.verbs ?? allVerbs;
  return { kind: kind.kind, singular, shortNames, categories, verbs, subresources: subresourcesOf(kind) };
}
function computed(kind: Kind, verbs: readonly string[]): DiscoveredKind {
  return { kind, singular: '', shortNames: [], categories: [], verbs, subresources: [] };
}

/** Groups in the order of the registry; within one, the preferred version first. */
function groupsOf(kinds: KindRegistry): readonly GroupVersions[] {
  const groups = new Map<string, Map<string, DiscoveredKind[]>>();
  const metrics = [
    ...metricsKinds.map((kind) => computed(kind, metricsVerbs)),
    ...writtenMetricsKinds.map((kind) => computed(kind, writtenMetricsVerbs)),
  ];
  for (const kind of [...kinds.all().filter(isServed).map(stored), ...metrics]) {
    const { group, version } = kind.kind;
    const versions = groups.get(group) ?? new Map<string, DiscoveredKind[]>();
    groups.set(group, versions);
    versions.set(version, [...(versions.get(version) ?? []), kind]);
  }
  return [...groups].map(([group, versions]) => ({
    group,
    versions: [...versions]
      .sort(([a], [b]) => compareVersions(a, b))
      .map(([version, list]) => ({ version, kinds: list.sort((a, b) => (a.kind.plural < b.kind.plural ? -1 : 1)) })),
  }));
}

/** v2, v1, v2beta1, v1beta2, v1alpha1, then all else by name (apimachinery, version.CompareKubeAwareVersionStrings). */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [rank(a), rank(b)];
  if (x === undefined || y === undefined) return x === y ? (a < b ? -1 : 1) : x === undefined ? 1 : -1;
  for (const [index, part] of x.entries()) if (part !== y[index]) return (y[index] ?? 0) - part;
  return 0;
}
function rank(version: string): readonly number[] | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return undefined;
  const [, major, stage, minor] = match;
  return [stage === undefined ? 2 : stage === 'beta' ? 1 : 0, Number(major), Number(minor ?? 0)];
}

const byRoot = (root: string) => (one: GroupVersions) => (root === 'api') === (one.group === '');
const groupVersionKind = ({ group, version, kind }: Pick<Kind, 'group' | 'version' | 'kind'>) => ({ group, version, kind });

function aggregatedDocument(kinds: KindRegistry, root: string, version: string): object {
  const items = groupsOf(kinds)
    .filter(byRoot(root))
    .map(({ group, versions }) => ({
      metadata: { ...(group !== '' && { name: group }), creationTimestamp: null },
      versions: versions.map((one) => ({ version: one.version, resources: one.kinds.map(aggregatedResource), freshness: 'Current' })),
    }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
}

function aggregatedResource(kind: DiscoveredKind): object {
  const subs = kind.subresources.map((sub) => ({
    subresource: sub.name,
    responseKind: groupVersionKind(sub.body ?? kind.kind),
    verbs: [...sub.verbs].sort(),
  }));
  return {
    resource: kind.kind.plural,
    responseKind: groupVersionKind(kind.kind),
    scope: kind.kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs,
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
    ...(subs.length > 0 && { subresources: subs }),
  };
}

function classic(kinds: KindRegistry, root: string, of: { group?: string | undefined; version?: string | undefined }): object | undefined {
  const groups = groupsOf(kinds).filter(byRoot(root));
  if (of.version !== undefined) {
    const found = groups.find(({ group }) => group === of.group)?.versions.find(({ version }) => version === of.version);
    return found && resourceList(found.kinds);
  }
  if (root === 'api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: addresses };
  if (of.group === undefined) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupDocument) };
  const group = groups.find((one) => one.group === of.group);
  return group && { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(group) };
}

function groupDocument({ group, versions }: GroupVersions): object {
  const all = versions.map(({ version }) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: all, preferredVersion: all[0] };
}

function resourceList(kinds: readonly DiscoveredKind[]): object {
  const first = kinds[0] as DiscoveredKind;
  const resources = kinds.flatMap((kind) => [classicResource(kind), ...kind.subresources.map((sub) => classicSubresource(kind, sub))]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf(first.kind), resources };
}

function classicResource({ kind, singular, shortNames, categories, verbs }: DiscoveredKind): object {
  return {
    name: kind.plural,
    singularName: singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
  };
}

function classicSubresource({ kind }: DiscoveredKind, sub: Subresource): object {
  const { body } = sub;
  const place = body === undefined ? {} : { group: body.group, version: body.version };
  return {
    name: `${kind.plural}/${sub.name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...place,
    kind: body?.kind ?? kind.kind,
    verbs: [...sub.verbs].sort(),
  };
}
