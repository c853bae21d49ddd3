import { isRecord } from '../base/json.ts';
import type { Schema } from '../schema/schema.ts';
import { parseDuration, parseTimestamp } from './functions/time.ts';
import { escapedName } from './schema-type.ts';
import { dynType, type CelType } from './type.ts';
import { CelError, CelMap, markList, valueOfJson, type CelObject, type Value } from './value.ts';

/** A JSON value as expressions see it through its schema. Objects give their fields when they are asked. */
export function bindValue(json: unknown, schema: Schema | undefined, resource = false): Value {
  if (json === null || json === undefined) return null;
  if (schema === undefined) return valueOfJson(json);
  if (typeof json === 'string') return bindText(json, schema);
  if (typeof json === 'number') return schema.type === 'number' || !Number.isInteger(json) ? json : BigInt(json);
  if (typeof json === 'boolean') return json;
  if (Array.isArray(json)) return bindList(json, schema);
  return isRecord(json) ? bindRecord(json, schema, resource) : null;
}

function bindText(text: string, schema: Schema): Value {
  if (schema.type !== 'string') return text;
  switch (schema.format) {
    case 'byte':
      return new Uint8Array(Buffer.from(text, 'base64'));
    case 'duration':
      return parseDuration(text);
    case 'date':
      return parseTimestamp(`${text}T00:00:00Z`);
    case 'date-time':
    case 'datetime':
      return parseTimestamp(text);
    default:
      return text;
  }
}

function bindList(json: readonly unknown[], schema: Schema): Value {
  const list = json.map((item) => bindValue(item, schema.items, schema.items?.embeddedResource === true));
  const { listType } = schema;
  if (listType === 'set' || listType === 'map') {
    markList(list, { listType, keys: (schema.listMapKeys ?? []).map((key) => escapedName(key) ?? key) });
  }
  return list;
}

function bindRecord(json: Readonly<Record<string, unknown>>, schema: Schema, resource: boolean): Value {
  if (schema.properties.size === 0) {
    const { additional } = schema;
    const bind = (value: unknown): Value => bindValue(value, additional, additional?.embeddedResource === true);
    return new CelMap(new Map(Object.entries(json).map(([key, value]) => [key, bind(value)])));
  }
  return new BoundObject(json, schema, resource);
}

class BoundObject implements CelObject {
  readonly celType: CelType = dynType;
  readonly #json: Readonly<Record<string, unknown>>;
  readonly #schema: Schema;
  readonly #resource: boolean;
  readonly #bound = new Map<string, Value | undefined>();
  #properties: ReadonlyMap<string, string> | undefined;

  constructor(json: Readonly<Record<string, unknown>>, schema: Schema, resource: boolean) {
    this.#json = json;
    this.#schema = schema;
    this.#resource = resource;
  }

  field(name: string): Value | undefined {
    if (this.#bound.has(name)) return this.#bound.get(name);
    const property = this.#propertyOf(name);
    const json = property !== undefined && Object.hasOwn(this.#json, property) ? this.#json[property] : undefined;
    const child = property === undefined ? undefined : this.#schema.properties.get(property);
    const metadata = this.#resource && property === 'metadata';
    const value = json === undefined ? undefined : bindValue(metadata ? namesOf(json) : json, child, child?.embeddedResource === true);
    this.#bound.set(name, value);
    return value;
  }

  names(): readonly string[] {
    return [...this.#schema.properties.keys()].flatMap((property) => {
      const there = Object.hasOwn(this.#json, property) && this.#json[property] !== undefined;
      const name = there ? escapedName(property) : undefined;
      return name === undefined ? [] : [name];
    });
  }

  #propertyOf(name: string): string | undefined {
    if (this.#schema.properties.has(name) && escapedName(name) === name) return name;
    this.#properties ??= new Map(
      [...this.#schema.properties.keys()].flatMap((property) => [[escapedName(property) ?? '', property] as const]),
    );
    return this.#properties.get(name);
  }
}
function namesOf(metadata: unknown): unknown {
  if (!isRecord(metadata)) throw new CelError('no such overload');
  return {
    ...(metadata['name'] !== undefined && { name: metadata['name'] }),
    ...(metadata['generateName'] !== undefined && { generateName: metadata['generateName'] }),
  };
}
