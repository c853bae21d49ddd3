import { fixedComponents } from './openapi-fixed.ts';
import type { Schema } from './schema.ts';

type Json = Record<string, unknown>;

/** The `components.schemas` of one document, filled as they are referred to. */
export interface Components {
  /** A reference to what the schema describes; its component is made when it has one. */
  refer(schema: Schema): Json;
  /** A component of that name and content, referred to. */
  add(name: string, content: () => Json): Json;
  /** One of those that are no kind of ours: Patch, DeleteOptions, Scale ... */
  fixed(name: keyof typeof fixedComponents): Json;
  /** All so far, by name. */
  all(): Json;
}

export function createComponents(): Components {
  const made = new Map<string, Json>();
  const add = (name: string, content: () => Json): Json => {
    if (!made.has(name)) {
      // Set first: a recursive one refers to itself.
      made.set(name, {});
      made.set(name, content());
    }
    return { $ref: `#/components/schemas/${name}` };
  };
  const fixed = (name: keyof typeof fixedComponents) => add(name, () => fixedComponents[name]);
  const refer = (schema: Schema): Json => {
    const special = specialOf(schema);
    if (special !== undefined) return withSiblings(fixed(special), schema.source, {});
    const definition = schema.definition ?? schema;
    if (definition.path === undefined || definition.custom === true) return inline(schema, refer);
    const ref = add(componentName(definition.path, definition), () => inline(definition, refer));
    return schema === definition ? ref : withSiblings(ref, schema.source, definition.source);
  };
  return { refer, add, fixed, all: () => Object.fromEntries([...made].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** What upstream has a name of its own for. Custom kinds have them in place. */
function specialOf(schema: Schema): keyof typeof fixedComponents | undefined {
  if (schema.custom === true) return undefined;
  if (schema.type === 'int-or-string') return 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';
  switch (schema.format) {
    case 'quantity':
      return 'io.k8s.apimachinery.pkg.api.resource.Quantity';
    case 'date-time':
      return 'io.k8s.apimachinery.pkg.apis.meta.v1.Time';
    case 'micro-time':
      return 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime';
    default:
      return undefined;
  }
}

const structural: ReadonlySet<string> = new Set([
  ...['$ref', 'allOf', 'type', 'format', 'properties', 'items', 'additionalProperties', 'title', '$schema', 'oneOf', 'anyOf'],
  ...['x-kubernetes-resource', 'x-kubernetes-proto', 'x-kubernetes-int-or-string'],
]);
/** A reference with what stood beside it: then it goes into an allOf, since OpenAPI 3.0 ignores what stands beside a $ref. */
function withSiblings(ref: Json, source: Readonly<Json>, target: Readonly<Json>): Json {
  const beside = Object.entries(source).filter(([key, value]) => !structural.has(key) && value !== target[key]);
  return beside.length === 0 ? ref : { allOf: [ref], ...Object.fromEntries(beside) };
}

function inline(schema: Schema, refer: (schema: Schema) => Json): Json {
  const { source } = schema;
  const out: Json = {};
  for (const key of Object.keys(source).sort()) {
    if (key === 'properties') out[key] = propertiesOf(schema, refer);
    else if (key === 'items' && schema.items !== undefined) out[key] = refer(schema.items);
    else if (key === 'additionalProperties' && schema.additional !== undefined) out[key] = refer(schema.additional);
    else if (!hidden.has(key)) out[key] = source[key];
  }
  if (Array.isArray(out['x-kubernetes-group-version-kind']) || out['x-kubernetes-group-version-kind'] === undefined) return out;
  return { ...out, 'x-kubernetes-group-version-kind': [out['x-kubernetes-group-version-kind']] };
}
const hidden: ReadonlySet<string> = new Set(['title', '$schema', 'x-kubernetes-resource', 'x-kubernetes-proto']);

function propertiesOf(schema: Schema, refer: (schema: Schema) => Json): Json {
  const names = [...schema.properties.keys()].sort();
  return Object.fromEntries(names.map((name) => [name, refer(schema.properties.get(name) as Schema)]));
}

const packages: Readonly<Record<string, string>> = {
  meta: 'io.k8s.apimachinery.pkg.apis.meta',
  'apiregistration.k8s.io': 'io.k8s.kube-aggregator.pkg.apis.apiregistration',
  'flowcontrol.apiserver.k8s.io': 'io.k8s.api.flowcontrol',
  'rbac.authorization.k8s.io': 'io.k8s.api.rbac',
  'apiextensions.k8s.io': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
};
/** As upstream names it: `core/v1/podspec.json` is `io.k8s.api.core.v1.PodSpec`. */
function componentName(path: string, schema: Schema): string {
  const [group = '', version = '', file = ''] = path.split('/');
  const { title } = schema.source;
  return `${packageOf(group)}.${version}.${typeof title === 'string' ? title : file.replace(/\.json$/, '')}`;
}
function packageOf(group: string): string {
  const known = packages[group];
  if (known !== undefined) return known;
  if (!group.includes('.')) return `io.k8s.api.${group}`;
  return group.endsWith('.k8s.io') ? `io.k8s.api.${group.slice(0, -'.k8s.io'.length)}` : reversed(group);
}
/** As custom kinds are named: `stable.example.com` is `com.example.stable`. */
export function reversed(group: string): string {
  return group.split('.').reverse().join('.');
}
