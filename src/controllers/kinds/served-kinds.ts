import type { Kind, KubeObject } from '../../api/object.ts';
import { CustomResourceDefinition } from '../../api/kinds.generated.ts';
import type { Context } from '../../reconcile/controller.ts';

/**
 * Every kind that can be listed, in one version each: built-in ones from discovery, custom ones from their definitions, so that a kind
 * that came a moment ago is among them.
 */
export async function servedKinds(context: Context): Promise<readonly Kind[]> {
  const definitions = context.informer(CustomResourceDefinition).list();
  const custom = definitions.flatMap((definition) => customKind(definition) ?? []);
  const customGroups = new Set(definitions.map((definition) => kindId(definition.spec.group, definition.spec.names.kind)));
  const out = new Map<string, Kind>();
  for (const kind of await context.cluster.kinds()) {
    const id = kindId(kind.group, kind.kind);
    if (!customGroups.has(id) && !out.has(id)) out.set(id, kind);
  }
  for (const kind of custom) out.set(kindId(kind.group, kind.kind), kind);
  return [...out.values()];
}

/** The kind that an established definition serves, in the version that it stores; undefined while it serves none. */
export function customKind(definition: Readonly<CustomResourceDefinition>): Kind | undefined {
  const { group, names, versions, scope } = definition.spec;
  const established = definition.status?.conditions?.some((each) => each.type === 'Established' && each.status === 'True') ?? false;
  const version = versions.find((each) => each.served && each.storage) ?? versions.find((each) => each.served);
  if (!established || version === undefined) return undefined;
  return { group, version: version.name, kind: names.kind, plural: names.plural, namespaced: scope === 'Namespaced' };
}

/** Names a kind whatever its version: `apps/Deployment`, `/Pod`. */
export function kindId(group: string, kind: string): string {
  return `${group}/${kind}`;
}
/** The kind as such an id. */
export function idOf(kind: Kind<KubeObject>): string {
  return kindId(kind.group, kind.kind);
}
