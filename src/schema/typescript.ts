import type { SchemaDocument } from './compile.ts';

/** The part of JSON Schema and of Kubernetes' marks that types are made of. */
interface JsonSchema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly $ref?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-group-version-kind'?: { readonly group: string; readonly version: string; readonly kind: string };
  readonly 'x-kubernetes-resource'?: { readonly plural: string; readonly scope: string };
}

/** Written by hand elsewhere in api/: the metadata of object.ts, the failure of status.ts. */
const handmade: ReadonlySet<string> = new Set([
  'ObjectMeta',
  'OwnerReference',
  'ManagedFieldsEntry',
  'Status',
  'StatusDetails',
  'StatusCause',
  'ListMeta',
]);

/**
 * The text of `api/kinds.generated.ts`: an interface for each definition and each titled part, by name, and for each served kind
 * a `Kind` token of the same name. Names that two groups share get the group in front (`EventsEvent`), but for the plain owner's.
 *
 * What a server always writes is not optional: apiVersion, kind and metadata of a kind, and its spec. Quantities are strings,
 * as servers answer them; closed sets are unions of literals.
 */
export function toTypeScript(documents: readonly SchemaDocument[]): string {
  const names = namesByPath(documents);
  const interfaces = new Map<string, string>();
  const tokens = new Map<string, string>();
  for (const { path, json } of documents) {
    const name = names.get(path);
    if (name === undefined || handmade.has(name)) continue;
    writeInterface({ names, interfaces, path }, name, json);
    const token = tokenOf(name, json);
    if (token !== undefined) tokens.set(name, token);
  }
  const blocks = [...interfaces].sort(byName).map(([name, text]) => {
    const token = tokens.get(name);
    return token === undefined ? text : `${text}\n${token}`;
  });
  return `// Made by test/house/generate-types.ts from schemas/. Do not edit.\nimport type { Kind, ObjectMeta } from './object.ts';\n\n${blocks.join('\n')}`;
}

interface Writing {
  readonly names: ReadonlyMap<string, string>;
  readonly interfaces: Map<string, string>;
  readonly path: string;
}
const byName = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1);

/** Of names that several definitions share, the one that keeps it plain: the one that most code is about. */
const plainOwners: ReadonlySet<string> = new Set([
  'apiextensions.k8s.io/v1/servicereference.json',
  'apiextensions.k8s.io/v1/webhookclientconfig.json',
  'authentication.k8s.io/v1/tokenrequest.json',
  'autoscaling/v2/crossversionobjectreference.json',
  'autoscaling/v2/horizontalpodautoscaler.json',
  'autoscaling/v2/horizontalpodautoscalerspec.json',
  'autoscaling/v2/horizontalpodautoscalerstatus.json',
  'core/v1/event.json',
  'core/v1/eventseries.json',
  'discovery.k8s.io/v1/endpointport.json',
  'rbac.authorization.k8s.io/v1/subject.json',
]);
function namesByPath(documents: readonly SchemaDocument[]): ReadonlyMap<string, string> {
  const paths = new Map<string, string[]>();
  for (const { path, json } of documents) {
    const { title } = json as JsonSchema;
    if (title === undefined) throw new Error(`schemas/${path} has no title, so its type has no name`);
    paths.set(title, [...(paths.get(title) ?? []), path]);
  }
  const nameOf = (title: string, path: string, sharing: readonly string[]): string =>
    sharing.length === 1 || plainOwners.has(path) ? title : `${prefixOf(path, sharing)}${title}`;
  return new Map([...paths].flatMap(([title, sharing]) => sharing.map((path) => [path, nameOf(title, path, sharing)] as const)));
}
/** The group, `Events`; with the version, `AutoscalingV1`, where two versions of one group share the name. */
function prefixOf(path: string, sharing: readonly string[]): string {
  const [folder = '', version = ''] = path.split('/');
  const several = sharing.filter((other) => other.startsWith(`${folder}/`)).length > 1;
  return `${capital(folder.split('.')[0] ?? '')}${several ? capital(version) : ''}`;
}
const capital = (word: string): string => `${word[0]?.toUpperCase()}${word.slice(1)}`;

function writeInterface(writing: Writing, name: string, schema: JsonSchema): void {
  const isKind = schema['x-kubernetes-group-version-kind'] !== undefined;
  const sure = new Set([...(schema.required ?? []), ...(isKind ? ['apiVersion', 'kind', 'metadata', 'spec'] : [])]);
  const lines = Object.entries(schema.properties ?? {}).map(([field, content]) => {
    const type =
      isKind && field === 'metadata' ? 'ObjectMeta' : typeOf(writing, `${name}${field[0]?.toUpperCase()}${field.slice(1)}`, content);
    const key = /^[A-Za-z_$][\w$]*$/.test(field) ? field : JSON.stringify(field);
    return `${docOf(content)}  ${key}${sure.has(field) ? '' : '?'}: ${type};`;
  });
  const body =
    lines.length === 0 ? `export type ${name} = Record<string, unknown>;\n` : `export interface ${name} {\n${lines.join('\n')}\n}\n`;
  writing.interfaces.set(name, `${docOf(schema)}${body}`);
}
function docOf(schema: JsonSchema): string {
  return schema.description === undefined ? '' : `/** ${schema.description} */\n`;
}

function typeOf(writing: Writing, fallbackName: string, schema: JsonSchema): string {
  if (schema.$ref !== undefined) return referenced(writing, schema.$ref);
  if (schema['x-kubernetes-int-or-string'] === true) return 'number | string';
  if (schema.format === 'quantity') return 'string';
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.items !== undefined) return `(${typeOf(writing, fallbackName, schema.items)})[]`;
  if (schema.properties !== undefined) return part(writing, schema.title ?? fallbackName, schema);
  if (typeof schema.additionalProperties === 'object')
    return `Record<string, ${typeOf(writing, fallbackName, schema.additionalProperties)}>`;
  return plainType(schema.type);
}
function part(writing: Writing, name: string, schema: JsonSchema): string {
  writeInterface(writing, name, schema);
  return name;
}
function referenced(writing: Writing, ref: string): string {
  const target = new URL(ref, `file:///${writing.path}`).pathname.slice(1);
  const name = writing.names.get(target);
  if (name === undefined) throw new Error(`schemas/${writing.path}: nothing at ${ref}`);
  return name === 'ObjectMeta' ? 'Partial<ObjectMeta>' : name;
}
function plainType(type: JsonSchema['type']): string {
  if (type === 'integer') return 'number';
  if (type === 'string' || type === 'number' || type === 'boolean') return type;
  return type === 'object' ? 'Record<string, unknown>' : 'unknown';
}

function tokenOf(name: string, schema: JsonSchema): string | undefined {
  const resource = schema['x-kubernetes-resource'];
  const gvk = schema['x-kubernetes-group-version-kind'];
  if (resource === undefined || gvk === undefined) return undefined;
  const fields = { ...gvk, plural: resource.plural, namespaced: resource.scope === 'Namespaced' };
  const text = Object.entries(fields).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `export const ${name}: Kind<${name}> = { ${text.join(', ')} };\n`;
}
