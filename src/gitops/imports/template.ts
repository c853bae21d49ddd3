import { isRecord } from '../../base/json.ts';

/** Values by name, nested as a generator gives them. */
export type Parameters = Readonly<Record<string, unknown>>;

/**
 * Fills in a template of an ApplicationSet: `{{path.basename}}`, or with `go` the part of Go's templates that such sets are
 * written in (`{{ .path.basename }}`, `index .path.segments 1`, a few functions of text). Answers what it did not understand too.
 */
export function fillIn(value: unknown, parameters: Parameters, go: boolean): { value: unknown; problems: readonly string[] } {
  const problems: string[] = [];
  const text = (written: string) =>
    written.replace(/\{\{-?(.*?)-?\}\}/gs, (whole, inner: string) => {
      const found = go ? goValue(inner.trim(), parameters) : flatValue(inner.trim(), parameters);
      if (found !== undefined) return found;
      problems.push(whole);
      return whole;
    });
  const walk = (node: unknown): unknown => {
    if (typeof node === 'string') return text(node);
    if (Array.isArray(node)) return node.map((item: unknown) => walk(item));
    if (isRecord(node)) return Object.fromEntries(Object.entries(node).map(([key, item]) => [text(key), walk(item)]));
    return node;
  };
  return { value: walk(value), problems };
}

/** `path`, `path[0]`, `path.basename`, `values.region`: the names as they are written. */
function flatValue(name: string, parameters: Parameters): string | undefined {
  const value = flatten(parameters)[name];
  return value;
}
function flatten(parameters: Parameters): Readonly<Record<string, string>> {
  const out: Record<string, string> = {};
  const add = (prefix: string, value: unknown) => {
    if (isRecord(value)) for (const [key, item] of Object.entries(value)) add(prefix === '' ? key : `${prefix}.${key}`, item);
    else if (Array.isArray(value)) value.forEach((item, at) => add(`${prefix}[${at}]`, item));
    else if (value !== undefined && value !== null) out[prefix] = String(value as string | number | boolean);
  };
  add('', parameters);
  const { path } = parameters;
  if (isRecord(path) && typeof path['path'] === 'string') {
    out['path'] = path['path'];
    if (Array.isArray(path['segments'])) path['segments'].forEach((segment, at) => (out[`path[${at}]`] = String(segment)));
  }
  return out;
}

/** One pipeline: `.path.basename | lower`. Undefined: a function or a field that is not known. */
function goValue(pipeline: string, parameters: Parameters): string | undefined {
  if (pipeline.startsWith('/*')) return '';
  let value: unknown;
  for (const [index, stage] of pipeline.split('|').entries()) {
    const words = stage.trim().match(/"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s]+/g) ?? [];
    const [first, ...rest] = words;
    if (first === undefined) return undefined;
    const args = rest.map((word) => operand(word, parameters));
    const call = functions[first];
    if (call !== undefined) value = call(index === 0 ? args : [...args, value]);
    else if (index === 0 && rest.length === 0) value = operand(first, parameters);
    else return undefined;
  }
  return value === undefined || value === null || typeof value === 'object' ? undefined : String(value as string | number | boolean);
}
function operand(word: string, parameters: Parameters): unknown {
  if (/^["`]/.test(word)) return word.slice(1, -1);
  if (/^-?\d+$/.test(word)) return Number(word);
  if (!/^\.[\w.-]*$/.test(word)) return undefined;
  let value: unknown = parameters;
  for (const step of word.split('.').filter((part) => part !== '')) {
    if (!isRecord(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
/** The functions of Go and of sprig that sets use; the value of the pipe comes last. */
const functions: Readonly<Record<string, (args: readonly unknown[]) => unknown>> = {
  index: ([value, ...steps]) => {
    let at = value;
    for (const step of steps) {
      if (Array.isArray(at) && typeof step === 'number') at = at[step] as unknown;
      else if (isRecord(at) && typeof step === 'string' && Object.hasOwn(at, step)) at = at[step];
      else return undefined;
    }
    return at;
  },
  default: ([otherwise, value]) => (value === undefined || value === null || value === '' ? otherwise : value),
  lower: ([value]) => text(value).toLowerCase(),
  upper: ([value]) => text(value).toUpperCase(),
  trim: ([value]) => text(value).trim(),
  quote: ([value]) => JSON.stringify(text(value)),
  replace: ([from, to, value]) => text(value).replaceAll(text(from), text(to)),
  trimPrefix: ([prefix, value]) => (text(value).startsWith(text(prefix)) ? text(value).slice(text(prefix).length) : text(value)),
  trimSuffix: ([suffix, value]) =>
    text(suffix) !== '' && text(value).endsWith(text(suffix)) ? text(value).slice(0, -text(suffix).length) : text(value),
  normalize: ([value]) => normalized(text(value)),
};

/** As a DNS name: what Argo CD's `basenameNormalized` and `normalize` make of a text. */
export function normalized(value: string): string {
  return value
    .toLowerCase()
    .replaceAll(/[^-a-z0-9.]/g, '-')
    .slice(0, 253)
    .replaceAll(/^[-.]+|[-.]+$/g, '');
}
