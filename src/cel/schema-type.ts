import type { Schema } from '../schema/schema.ts';
import { boolType, bytesType, doubleType, durationType, dynType, intType, mapOf, stringType, timestampType, type CelType } from './type.ts';

/** The largest request, by which what a schema does not bound is bounded. */
export const largestRequest = 3 * 1024 * 1024;

/** A schema's type, and the fewest bytes that a value of it takes as JSON. */
export interface Declared {
  readonly type: CelType;
  readonly fewestBytes: number;
}

const reserved: ReadonlySet<string> = new Set([
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop'],
  ...['package', 'namespace', 'return', 'var', 'void', 'while'],
]);
const escapes: Readonly<Record<string, string>> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' };

/** A field's name as expressions write it; undefined when they cannot (apiserver v1.35, cel/escaping.go). */
export function escapedName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`;
  if (!/^[a-zA-Z_][a-zA-Z0-9_./-]*$/.test(name)) return undefined;
  return name.replaceAll(/__|[./-]/g, (part) => escapes[part] ?? part);
}

/**
 * The type of values of a schema; undefined when rules cannot see them, since nothing says what they are. `name` is what messages
 * call an object's type. `resource`: an object with apiVersion, kind and metadata, of which rules see the names alone
 * (apiserver v1.35, cel/common/schemas.go).
 */
export function declare(schema: Schema, name: string, resource: boolean): Declared | undefined {
  switch (schema.type) {
    case 'int-or-string':
      return { type: { ...dynType, largest: largestRequest - 2 }, fewestBytes: 1 };
    case 'boolean':
      return { type: boolType, fewestBytes: 4 };
    case 'integer':
      return { type: intType, fewestBytes: 1 };
    case 'number':
      return { type: doubleType, fewestBytes: 1 };
    case 'string':
      return declareText(schema);
    case 'array':
      return declareList(schema, name);
    case 'object':
      return declareObject(schema, name, resource);
    case 'any':
      return undefined;
  }
}

function bound(schema: Schema, rule: string): number | undefined {
  const value = schema.source[rule];
  return typeof value === 'number' ? Math.max(0, value) : undefined;
}

function declareText(schema: Schema): Declared {
  switch (schema.format) {
    case 'byte':
      return { type: { ...bytesType, largest: bound(schema, 'maxLength') ?? largestRequest - 2 }, fewestBytes: 2 };
    case 'duration':
      return { type: { ...durationType, largest: 32 }, fewestBytes: 3 };
    case 'date':
      return { type: { ...timestampType, largest: 12 }, fewestBytes: 12 };
    case 'date-time':
    case 'datetime':
      return { type: { ...timestampType, largest: 29 }, fewestBytes: 22 };
    default: {
      const longest = bound(schema, 'maxLength');
      return { type: { ...stringType, largest: longest === undefined ? longestText(schema) : longest * 4 }, fewestBytes: 2 };
    }
  }
}
function longestText({ enum: allowed }: Schema): number {
  if (allowed === undefined) return largestRequest - 2;
  return Math.max(0, ...allowed.map((value) => (typeof value === 'string' ? value.length : 0)));
}

function declareList(schema: Schema, name: string): Declared | undefined {
  const item = schema.items === undefined ? undefined : declare(schema.items, `${name}.@idx`, schema.items.embeddedResource === true);
  if (item === undefined) return undefined;
  const largest = bound(schema, 'maxItems') ?? Math.floor((largestRequest - 2) / (item.fewestBytes + 1));
  return { type: { kind: 'list', item: item.type, largest }, fewestBytes: 2 };
}

function declareObject(schema: Schema, name: string, resource: boolean): Declared | undefined {
  if (schema.additional !== undefined && schema.properties.size === 0) {
    const value = declare(schema.additional, `${name}.@elem`, schema.additional.embeddedResource === true);
    if (value === undefined) return undefined;
    const largest = bound(schema, 'maxProperties') ?? Math.floor((largestRequest - 2) / (value.fewestBytes + 6));
    return { type: { ...mapOf({ ...stringType, largest: largestRequest - 2 }, value.type), largest }, fewestBytes: 2 };
  }
  const fields = new Map<string, CelType>();
  let fewestBytes = 2;
  for (const [property, child] of schema.properties) {
    const declared =
      resource && property === 'metadata' ? metadata(name) : declare(child, `${name}.${property}`, child.embeddedResource === true);
    if (declared === undefined) continue;
    const escaped = escapedName(property);
    if (escaped !== undefined) fields.set(escaped, declared.type);
    // What has a default is filled in, and need not be sent.
    if (schema.required.includes(property) && child.default === undefined) fewestBytes += property.length + declared.fewestBytes + 4;
  }
  return { type: { kind: 'object', name, fields }, fewestBytes };
}

const namesOnly: ReadonlyMap<string, CelType> = new Map([
  ['name', { ...stringType, largest: 253 * 4 }],
  ['generateName', { ...stringType, largest: largestRequest - 2 }],
]);
function metadata(name: string): Declared {
  return { type: { kind: 'object', name: `${name}.metadata`, fields: namesOnly }, fewestBytes: 2 };
}
