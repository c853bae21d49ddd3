import type { KubeObject } from '../../api/object.ts';
import { badRequest, invalid } from '../../api/status.ts';
import { canonicalJson, isRecord } from '../../base/json.ts';
import type { Decoded } from '../../schema/decode.ts';
import { textOfValue } from '../../schema/strategic-errors.ts';
import type { Call } from '../context.ts';

/** What the object that is judged came as. */
export type BodyForm = 'json' | 'yaml' | 'merge-patch' | 'strategic-patch' | 'json-patch' | 'apply';

/** What is to be told of a body, as fieldValidation asks. */
export interface Judged {
  readonly form: BodyForm;
  /** Members that the body names twice, and, of a JSON Patch, its operations. */
  readonly body: Decoded;
  /** The object that the body has led to, before anything was dropped from it. */
  readonly object: KubeObject;
  /** Paths of fields that the schema lacks. */
  readonly dropped: readonly string[];
}

const most = 100;

/**
 * Says what of a body is unknown or named twice, in upstream's words and order: as warnings, or, when `fieldValidation` is
 * Strict, as an error.
 * @throws StatusError BadRequest for objects and what is applied, Invalid for patches
 */
export function judgeFields(call: Call, fieldValidation: 'Ignore' | 'Warn' | 'Strict', judged: Judged): void {
  if (fieldValidation === 'Ignore') return;
  const { form, body, dropped } = judged;
  if (form !== 'json-patch' && dropped.length + body.duplicates.length === 0) return;
  const { errors, warnings } = told(judged, call.kind.custom);
  if (errors.length === 0) return;
  if (fieldValidation === 'Warn') call.warnings.push(...warnings);
  else throw refusal(call, judged, errors);
}

function refusal(call: Call, { form, body, object }: Judged, errors: readonly string[]): Error {
  const text = `strict decoding error: ${errors.join(', ')}`;
  if (form === 'apply') return badRequest(`error strict decoding YAML: error converting YAML to JSON: ${errors.join(', ')}`);
  if (form === 'json' || form === 'yaml') {
    const { kind, version } = call.kind.kind;
    return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${text}`);
  }
  const value = form === 'strategic-patch' ? textOfValue(body.value) : canonicalJson(object);
  return invalid({ group: '', kind: '' }, '', [{ type: 'FieldValueInvalid', field: 'patch', value, detail: text }]);
}

interface Told {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}
function told(judged: Judged, custom: boolean): Told {
  const { form, body, dropped } = judged;
  if (form === 'json' && !custom) {
    const texts = body.members === undefined ? dropped.map(unknownField) : inTextOrder(body.members, dropped);
    return { errors: texts.slice(0, most), warnings: texts.slice(0, most) };
  }
  const unknown = sortedPaths(dropped, custom).map(unknownField);
  if (form === 'yaml' || form === 'apply') {
    const lines = body.duplicates.map(({ line, name }) => `line ${line}: key ${JSON.stringify(name)} already set in map`);
    const repeated = lines.length === 0 ? [] : [`yaml: unmarshal errors:\n${lines.map((line) => `  ${line}`).join('\n')}`];
    return { errors: [...repeated, ...unknown], warnings: [...lines, ...unknown] };
  }
  const own = form === 'json-patch' ? ofOperations(body) : body.duplicates.map(({ path }) => duplicateField(path));
  const texts = [...new Set(own), ...unknown];
  return { errors: texts, warnings: texts };
}
const unknownField = (path: string): string => `unknown field "${path}"`;
const duplicateField = (path: string): string => `duplicate field "${path}"`;

/** As the text is read: what is unknown is told once, however often it is named, and nothing below it is told at all. */
function inTextOrder(members: readonly string[], dropped: readonly string[]): string[] {
  const gone = new Set(dropped);
  const seen = new Set<string>();
  const texts = new Set<string>();
  for (const path of members) {
    if (gone.has(path)) texts.add(unknownField(path));
    else if (seen.has(path) && !isBelow(path, gone)) texts.add(duplicateField(path));
    seen.add(path);
  }
  return [...texts];
}
function isBelow(path: string, above: ReadonlySet<string>): boolean {
  for (let end = path.search(/[.[][^.[]*$/); end > 0; end = path.slice(0, end).search(/[.[][^.[]*$/)) {
    if (above.has(path.slice(0, end))) return true;
  }
  return false;
}

/** By their names; of a custom kind metadata comes first, and that of embedded objects last. */
function sortedPaths(paths: readonly string[], custom: boolean): readonly string[] {
  const rank = (path: string): number => (!custom ? 0 : path.startsWith('metadata.') ? -1 : path.includes('.metadata.') ? 1 : 0);
  return [...paths].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

const operationFields: ReadonlySet<string> = new Set(['op', 'path', 'from', 'value']);
function ofOperations({ value, duplicates }: Decoded): string[] {
  const operations: readonly unknown[] = Array.isArray(value) ? value : [];
  return operations.flatMap((operation, index) => {
    const unknown = isRecord(operation) ? Object.keys(operation).filter((name) => !operationFields.has(name)) : [];
    const repeated = duplicates.filter(({ path }) => path.startsWith(`[${index}].`));
    return [
      ...unknown.map((name) => `json patch ${unknownField(`[${index}].${name}`)}`),
      ...repeated.map(({ path }) => `json patch ${duplicateField(path)}`),
    ];
  });
}
