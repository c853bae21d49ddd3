import { isQuantity } from '../api/quantity.ts';
import { isRecord } from '../base/json.ts';
import { formats } from './formats.ts';
import { timePattern } from './normalise.ts';
import type { Schema } from './schema.ts';

/** Where the value stands that is looked at: the type that holds it and the fields on the way, without indexes. */
interface Place {
  readonly struct: string;
  readonly path: string;
}

/**
 * Why a value cannot be an object of a built-in kind at all, in the words of Kubernetes' decoder (Go's encoding/json); undefined when
 * every value has the type of its field. Only the first fault is told. Types that are named texts in Go are told as `string`.
 */
export function decodingFault(schema: Schema, value: unknown): string | undefined {
  return faultIn(schema, value, { struct: '', path: '' });
}

function faultIn(schema: Schema, value: unknown, at: Place): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (schema.format !== undefined) {
    const own = ownDecoding[schema.format];
    if (own !== undefined) return own(value);
  }
  if (schema.type === 'any') return undefined;
  if (schema.type === 'int-or-string') return typeof value === 'string' ? undefined : numberFault(value, 'int32', undefined);
  if (schema.type === 'array')
    return Array.isArray(value) ? firstFault(value, (item) => below(schema.items, item, at)) : wrong(value, schema, at);
  if (schema.type === 'object') return isRecord(value) ? faultInObject(schema, value, at) : wrong(value, schema, at);
  if (schema.type === 'integer') return numberFault(value, goType(schema), at);
  const fits = typeof value === (schema.type === 'number' ? 'number' : schema.type);
  return fits ? undefined : wrong(value, schema, at);
}

function faultInObject(schema: Schema, value: Record<string, unknown>, at: Place): string | undefined {
  const struct = schema.properties.size > 0 ? structName(schema) : at.struct;
  return firstFault(Object.keys(value), (key) => {
    const named = schema.properties.get(key);
    if (named === undefined) return below(schema.additional, value[key], at);
    return faultIn(named, value[key], { struct, path: at.path === '' ? key : `${at.path}.${key}` });
  });
}
function below(schema: Schema | undefined, value: unknown, at: Place): string | undefined {
  return schema === undefined ? undefined : faultIn(schema, value, at);
}
function firstFault<T>(list: readonly T[], faultOf: (item: T) => string | undefined): string | undefined {
  for (const item of list) {
    const fault = faultOf(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function wrong(value: unknown, schema: Schema, at: Place): string {
  return cannot(jsonType(value), goType(schema), at);
}
function cannot(what: string, type: string, at: Place | undefined): string {
  const into = at === undefined || at.path === '' ? 'value' : `struct field ${at.struct}.${at.path}`;
  return `json: cannot unmarshal ${what} into Go ${into} of type ${type}`;
}
function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
function numberFault(value: unknown, type: string, at: Place | undefined): string | undefined {
  if (typeof value !== 'number') return cannot(jsonType(value), type, at);
  const most = type === 'int32' ? 2 ** 31 : 2 ** 63;
  const fits = Number.isInteger(value) && value >= -most && (type === 'int32' ? value < most : value <= most);
  return fits ? undefined : cannot(`number ${String(value)}`, type, at);
}

/** Types that read their JSON themselves: their faults name no field. */
const ownDecoding: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  quantity: (value) =>
    (typeof value === 'string' || typeof value === 'number') && isQuantity(value)
      ? undefined
      : "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  'date-time': (value) => timeFault(value, '2006-01-02T15:04:05Z07:00'),
  byte: (value) => (typeof value === 'string' ? base64Fault(value) : cannot(jsonType(value), '[]uint8', undefined)),
  'micro-time': (value) => timeFault(value, '2006-01-02T15:04:05.000000Z07:00'),
};
function timeFault(value: unknown, layout: string): string | undefined {
  if (typeof value !== 'string') return cannot(jsonType(value), 'string', undefined);
  const check = formats['date-time'] as (text: string) => boolean;
  if (check(value)) return undefined;
  const parsing = `parsing time ${JSON.stringify(value)}`;
  return timePattern.test(value)
    ? `${parsing}: day out of range`
    : `${parsing} as "${layout}": cannot parse ${JSON.stringify(value)} as "2006"`;
}

/** As Go tells it: the first character that is none of base64's, or the start of the last group when that is too short. */
function base64Fault(text: string): string | undefined {
  if ((formats['byte'] as (text: string) => boolean)(text)) return undefined;
  const plain = text.replaceAll(/[\r\n]/g, '');
  const wrongAt = plain.search(/[^A-Za-z0-9+/=]/);
  return `illegal base64 data at input byte ${wrongAt < 0 ? Math.floor(plain.length / 4) * 4 : wrongAt}`;
}

function structName(schema: Schema): string {
  const title = (schema.definition ?? schema).source['title'] ?? schema.source['title'];
  return typeof title === 'string' ? title : '';
}
function goType(schema: Schema): string {
  if (schema.type === 'array') return `[]${schema.items === undefined ? 'interface {}' : goType(schema.items)}`;
  if (schema.type === 'object') {
    if (schema.properties.size > 0) return `${versionOf(schema)}.${structName(schema)}`;
    return schema.additional === undefined ? 'map[string]interface {}' : `map[string]${goType(schema.additional)}`;
  }
  if (schema.format === 'quantity') return 'resource.Quantity';
  if (schema.type === 'integer') return schema.format === 'int32' ? 'int32' : 'int64';
  if (schema.type === 'number') return 'float64';
  return schema.type === 'boolean' ? 'bool' : 'string';
}
/** The Go package of the type, which is named after the version of its file (`core/v1/podspec.json`). */
function versionOf(schema: Schema): string {
  return (schema.definition ?? schema).path?.split('/')[1] ?? schema.path?.split('/')[1] ?? 'v1';
}
