import { isRecord } from '../../base/json.ts';
import { parseYaml } from '../yaml.ts';
import type { Closure } from './closure.ts';
import { referencesOf } from './kustomization.ts';
import type { PlacedFile } from './workplace.ts';

/** Shorter ones say nothing and are found in any text. */
const shortest = 4;
/** Words that any manifest has; taking them out of a message would leave none. */
const plainWord = /^(apiVersion|kind|metadata|name|namespace|data|stringData|type|Secret|Opaque|labels|annotations|v1)$/;

/**
 * What a program said, in one line, without values of Secrets: those in manifests, and what generators make Secrets of. Programs print
 * whole objects when they fail.
 */
export function redacted(said: string, closure: Closure, files: readonly PlacedFile[]): string {
  const lines = said.trim().split('\n');
  // Warnings are comments and come first.
  const at = lines.findIndex((one) => one.trim() !== '' && !one.startsWith('#'));
  const line = withoutLog(lines.slice(Math.max(at, 0))).replace(/^Error: /, '');
  const values = [...secretValues(closure, files)].sort((a, b) => b.length - a.length);
  const clean = values.reduce((text, value) => text.replaceAll(value, '***'), line);
  return (values.length === 0 ? clean : withoutQuotes(clean)).slice(0, 2000);
}

/**
 * kubectl says an error as a line of its log: with the time and its process, which differ each time, and quoted, so that a value would not be
 * found in it (klog: `err="..."`, or `err=<` with the text on lines of its own). Else the first line.
 */
function withoutLog([line = '', ...more]: readonly string[]): string {
  const [, how = ''] = /^[EFIW]\d{4} [\d:.]+ +\d+ [^\]]*\] .*? err=("(?:[^"\\]|\\.)*"|<)\s*$/.exec(line) ?? [];
  if (how === '') return line;
  if (how === '<') return (more[0] ?? '').trim();
  try {
    return String(JSON.parse(how)).split('\n')[0] ?? '';
  } catch {
    return how.slice(1, -1).replaceAll(/\\(.)/g, '$1'); // An escape of Go's that JSON does not have.
  }
}

/**
 * What a Go program said of a text that may hold Secrets, without what it quotes of it: an anchor that is none, a value of the wrong type
 * (cut, so that a piece of it would be left), a value that does not fit a pattern.
 */
export function withoutQuotes(said: string): string {
  return said
    .replaceAll(/unknown anchor '[^']*'/g, "unknown anchor '***'")
    .replaceAll(/(!![\w:.-]+) `[^`]*`/g, '$1 `***`')
    .replaceAll(/'[^'\n]*' does not match/g, "'***' does not match");
}

function secretValues(closure: Closure, files: readonly PlacedFile[]): Set<string> {
  const out = new Set<string>();
  const add = (text: string) => {
    const trimmed = text.trim();
    if (trimmed.length < shortest) return;
    out.add(trimmed).add(Buffer.from(trimmed).toString('base64').replace(/=+$/, '')).add(Buffer.from(text).toString('base64'));
  };
  const contents = new Map(files.map(({ path, content }) => [path.replace(/^tree\//, ''), Buffer.from(content).toString('utf8')]));
  for (const [path, text] of contents) {
    if (!/Secret/.test(text) || !/\.(ya?ml|json)$|Kustomization$/i.test(path)) continue;
    const { documents, problems } = parseYaml(text);
    for (const { value } of documents) collect(value, add);
    // What is broken may be a Secret: each word of it could be a value.
    if (problems.length > 0)
      text
        .split(/[\s"',:{}[\]]+/)
        .filter((word) => !plainWord.test(word))
        .forEach(add);
  }
  for (const [path, { value }] of closure.kustomizations) {
    const generators = Array.isArray(value['secretGenerator']) ? (value['secretGenerator'] as unknown[]) : [];
    const folder = path.split('/').slice(0, -1);
    for (const { entry } of referencesOf({ secretGenerator: generators })) {
      const text = contents.get([...folder, ...entry.split('/').filter((part) => part !== '.')].join('/')) ?? '';
      for (const one of text.split('\n')) [one, one.slice(one.indexOf('=') + 1)].forEach(add);
    }
    for (const generator of generators) literals(generator).forEach((one) => add(one.slice(one.indexOf('=') + 1)));
  }
  return out;
}
/** Of any Secret in a value, also in a list. */
function collect(value: unknown, add: (text: string) => void): void {
  if (Array.isArray(value)) value.forEach((one) => collect(one, add));
  if (!isRecord(value)) return;
  if (value['kind'] !== 'Secret') return Object.values(value).forEach((one) => collect(one, add));
  for (const field of ['data', 'stringData']) {
    const values = value[field];
    if (isRecord(values)) for (const one of Object.values(values)) if (typeof one === 'string' || typeof one === 'number') add(String(one));
  }
}
function literals(generator: unknown): string[] {
  const found = isRecord(generator) ? generator['literals'] : undefined;
  return Array.isArray(found) ? found.filter((one): one is string => typeof one === 'string') : [];
}
