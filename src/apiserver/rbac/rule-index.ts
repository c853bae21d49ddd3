import type { Asked } from '../authorization.ts';
import { coversPath, type PolicyRule } from '../../api/access-rules.ts';

/** Who has given a rule, as answers say it. */
export type Source = string;

interface Leaf {
  any?: Source;
  names?: Map<string, Source>;
}
type ByResource = Map<string, Leaf>;

/** Rules by verb, group and resource: what a check costs does not grow with their number. */
export class RuleIndex {
  readonly #resources = new Map<string, Map<string, ByResource>>();
  readonly #paths = new Map<string, { readonly url: string; readonly source: Source }[]>();
  /** Roles that bindings name and that are not there. */
  readonly missing: string[] = [];

  add(rule: PolicyRule, source: Source): void {
    for (const verb of rule.verbs) {
      for (const url of rule.nonResourceURLs ?? []) madeIn(this.#paths, verb, () => []).push({ url, source });
      for (const group of rule.apiGroups ?? []) {
        const resources = madeIn(
          madeIn(this.#resources, verb, () => new Map<string, ByResource>()),
          group,
          () => new Map<string, Leaf>(),
        );
        for (const resource of rule.resources ?? [])
          note(
            madeIn(resources, resource, (): Leaf => ({})),
            rule.resourceNames ?? [],
            source,
          );
      }
    }
  }

  /** Who allows it; undefined when none of the rules does. */
  find(asked: Asked): Source | undefined {
    for (const verb of [asked.verb, '*']) {
      const source = asked.isResource ? this.#findResource(verb, asked) : this.#findPath(verb, asked.path);
      if (source !== undefined) return source;
    }
    return undefined;
  }

  #findPath(verb: string, path: string): Source | undefined {
    return this.#paths.get(verb)?.find(({ url }) => coversPath(url, path))?.source;
  }

  #findResource(verb: string, asked: Asked): Source | undefined {
    const groups = this.#resources.get(verb);
    if (groups === undefined) return undefined;
    const { resource, subresource, name } = asked;
    for (const group of [asked.group, '*']) {
      const resources = groups.get(group);
      if (resources === undefined) continue;
      const found =
        allowing(resources.get(subresource === '' ? resource : `${resource}/${subresource}`), name) ??
        allowing(resources.get('*'), name) ??
        (subresource === '' ? undefined : allowing(resources.get(`*/${subresource}`), name));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function madeIn<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

function note(leaf: Leaf, names: readonly string[], source: Source): void {
  if (names.length === 0) leaf.any ??= source;
  else for (const name of names) if (!(leaf.names ??= new Map()).has(name)) leaf.names.set(name, source);
}

function allowing(leaf: Leaf | undefined, name: string): Source | undefined {
  return leaf?.any ?? (name === '' ? undefined : leaf?.names?.get(name));
}
