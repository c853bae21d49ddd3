import { isRecord } from '../../base/json.ts';

/** One schema within a CustomResourceDefinition, as its author wrote it. */
export type Node = Readonly<Record<string, unknown>>;

/** The schema under a key (`items`, `not`, `additionalProperties`), if there is one. */
export function childOf(node: Node, key: string): Node | undefined {
  const child = node[key];
  return isRecord(child) ? child : undefined;
}

/** The schemas by name under a key (`properties`, `definitions`), in their order. */
export function childrenOf(node: Node, key: string): readonly (readonly [name: string, child: Node])[] {
  const children = node[key];
  return isRecord(children) ? Object.entries(children).filter((entry): entry is [string, Node] => isRecord(entry[1])) : [];
}
export function propertyOf(node: Node, name: string): Node | undefined {
  const { properties } = node;
  return isRecord(properties) && Object.hasOwn(properties, name) ? childOf(properties, name) : undefined;
}

/** The schemas of a list under a key (`allOf`). */
export function listOf(node: Node, key: string): readonly Node[] {
  const list = node[key];
  return Array.isArray(list) ? list.filter((item): item is Node => isRecord(item)) : [];
}

export function textOf(node: Node, key: string): string {
  const text = node[key];
  return typeof text === 'string' ? text : '';
}

export const embeds = (node: Node): boolean => node['x-kubernetes-embedded-resource'] === true;
export const intOrString = (node: Node): boolean => node['x-kubernetes-int-or-string'] === true;
export const preserves = (node: Node): boolean => node['x-kubernetes-preserve-unknown-fields'] === true;
