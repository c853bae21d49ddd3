import type { Kind } from '../api/object.ts';

/** A kind and what can be done with it. */
export interface ServedKind extends Kind {
  readonly verbs: readonly string[];
}
interface Resource {
  readonly resource: string;
  readonly scope?: string;
  readonly verbs?: readonly string[];
  readonly responseKind?: { readonly group?: string; readonly version?: string; readonly kind?: string };
}
/** apidiscovery.k8s.io, v2 and v2beta1. */
export interface AggregatedDiscovery {
  readonly kind: string;
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly { readonly version: string; readonly freshness?: string; readonly resources?: readonly Resource[] }[];
  }[];
}
/** meta/v1, APIResourceList. */
export interface ClassicDiscovery {
  readonly groupVersion: string;
  readonly resources?: readonly {
    readonly name: string;
    readonly namespaced: boolean;
    readonly kind: string;
    readonly verbs?: readonly string[];
  }[];
}

/** The kinds of an aggregated document in its order: versions of a group by preference. */
export function aggregatedKinds(document: AggregatedDiscovery): ServedKind[] {
  const kinds: ServedKind[] = [];
  for (const group of document.items ?? []) {
    for (const { version, resources } of group.versions ?? []) {
      for (const resource of resources ?? []) {
        const kind = resource.responseKind?.kind;
        if (kind === undefined || kind === '') continue;
        kinds.push({
          group: group.metadata?.name ?? '',
          version,
          kind,
          plural: resource.resource,
          namespaced: resource.scope === 'Namespaced',
          verbs: resource.verbs ?? [],
        });
      }
    }
  }
  return kinds;
}

/** The kinds of one group version; subresources are left out. */
export function classicKinds(document: ClassicDiscovery): ServedKind[] {
  const slash = document.groupVersion.indexOf('/');
  const group = slash < 0 ? '' : document.groupVersion.slice(0, slash);
  const version = document.groupVersion.slice(slash + 1);
  return (document.resources ?? [])
    .filter((resource) => !resource.name.includes('/'))
    .map(({ name, namespaced, kind, verbs = [] }) => ({ group, version, kind, plural: name, namespaced, verbs }));
}
