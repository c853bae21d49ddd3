import { isRecord } from '../base/json.ts';

/** How values are merged at one place of a kind, as its schema says. */
export interface Shape {
  readonly list: 'atomic' | 'set' | 'map' | undefined;
  /** Of a list map, in the schema's order. */
  readonly keys: readonly string[];
  readonly atomicMap: boolean;
  /** The place one member down; undefined where the schema says nothing. */
  property(name: string): Shape | undefined;
  items(): Shape | undefined;
}

/** The shape of a node of an OpenAPI v3 document. References are followed when they are reached, so recursive schemas do no harm. */
export function openapiShape(document: unknown, node: unknown): Shape | undefined {
  const schema = resolve(document, node);
  if (schema === undefined) return undefined;
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  const known = new Map<string, Shape | undefined>();
  let items: Shape | undefined;
  const child = (name: string): Shape | undefined => {
    const inner = Object.hasOwn(properties, name) ? properties[name] : schema['additionalProperties'];
    return openapiShape(document, inner);
  };
  const keys = schema['x-kubernetes-list-map-keys'];
  return {
    list: listType(schema['x-kubernetes-list-type']),
    keys: Array.isArray(keys) ? keys.map(String) : [],
    atomicMap: schema['x-kubernetes-map-type'] === 'atomic',
    property(name) {
      if (!known.has(name)) known.set(name, child(name));
      return known.get(name);
    },
    items: () => (items ??= openapiShape(document, schema['items'])),
  };
}

/** The shape of a whole kind in the document of its group version, found by its x-kubernetes-group-version-kind. */
export function shapeOfKind(document: unknown, kind: { group: string; version: string; kind: string }): Shape | undefined {
  const components = isRecord(document) ? document['components'] : undefined;
  const schemas = isRecord(components) && isRecord(components['schemas']) ? components['schemas'] : {};
  const node = Object.values(schemas).find((schema) => isRecord(schema) && namesKind(schema['x-kubernetes-group-version-kind'], kind));
  return openapiShape(document, node);
}

function namesKind(marks: unknown, kind: { group: string; version: string; kind: string }): boolean {
  const list: readonly unknown[] = Array.isArray(marks) ? marks : [marks];
  return list.some((mark) => {
    if (!isRecord(mark)) return false;
    return (mark['group'] ?? '') === kind.group && mark['version'] === kind.version && mark['kind'] === kind.kind;
  });
}

function listType(mark: unknown): 'atomic' | 'set' | 'map' | undefined {
  return mark === 'atomic' || mark === 'set' || mark === 'map' ? mark : undefined;
}

/** Follows `$ref` and a single `allOf`, as published documents use them; marks beside them win. */
function resolve(document: unknown, node: unknown): Record<string, unknown> | undefined {
  let at = node;
  const beside: Record<string, unknown> = {};
  for (let depth = 0; depth < 16; depth++) {
    if (!isRecord(at)) return undefined;
    for (const [key, value] of Object.entries(at)) if (key.startsWith('x-kubernetes-')) beside[key] ??= value;
    const ref = at['$ref'];
    const all: unknown = at['allOf'];
    if (typeof ref === 'string') at = atPointer(document, ref);
    else if (Array.isArray(all) && all.length === 1) at = all[0];
    else return { ...at, ...beside };
  }
  return undefined;
}

function atPointer(document: unknown, ref: string): unknown {
  let at = document;
  for (const token of ref.replace(/^#\//, '').split('/')) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}
