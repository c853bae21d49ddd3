import { deepFreeze, isRecord } from '../../base/json.ts';
import { holdsSecret, parseYaml, positionsOf, type YamlProblem } from '../yaml.ts';
import type { YamlDocument } from '../yaml-blocks.ts';

/** What one file holds, whatever it is called. */
export interface FileManifests {
  readonly objects: readonly FileManifest[];
  readonly problems: readonly YamlProblem[];
  /** Clauses without the file's name. */
  readonly notes: readonly string[];
  readonly text: string;
}
export interface FileManifest {
  /** Frozen; apiVersion, kind and metadata are there and of the right type, all else is as written. */
  readonly object: Readonly<Record<string, unknown>>;
  /** Which document of the file, and where in it (`items`, 3 of a list). */
  readonly document: number;
  readonly inside: readonly (string | number)[];
  readonly line: number;
}

/** Reads the manifests of a file. Never throws: what is wrong is in `problems`. */
export function readManifests(path: string, bytes: Uint8Array): FileManifests {
  const text = decode(bytes);
  if (typeof text !== 'string') return { objects: [], problems: [text], notes: [], text: '' };
  const json = /\.json$/i.test(path);
  const { documents, problems } = json ? parseJson(text) : parseYaml(text);
  if (problems.length > 0) return { objects: [], problems: isTemplate(text) ? [templateProblem(text)] : problems, notes: [], text };
  const objects: FileManifest[] = [];
  const found: YamlProblem[] = [];
  const notes: string[] = [];
  const locate = lazily(() => positionsOf(text));
  documents.forEach((document, index) => {
    const sorted = sortOut(document, { json, index });
    notes.push(...sorted.notes);
    found.push(...sorted.problems.map(({ inside, message }) => ({ ...locate()(index, inside), message })));
    objects.push(
      ...sorted.objects.map((one) => ({ ...one, line: one.inside.length === 0 ? document.line : locate()(index, one.inside).line })),
    );
  });
  return { objects: found.length > 0 ? [] : objects, problems: found, notes, text };
}

interface Sorted {
  readonly objects: Omit<FileManifest, 'line'>[];
  readonly problems: { inside: (string | number)[]; message: string }[];
  readonly notes: string[];
}
/** What one document is: nothing, a manifest, a list of them, a kustomization, or a mistake. */
function sortOut(document: YamlDocument, at: { json: boolean; index: number }): Sorted {
  const out: Sorted = { objects: [], problems: [], notes: [] };
  const { value } = document;
  if (value === null || value === undefined) return out;
  if (isKustomization(value)) out.notes.push('is a kustomization and is left out: name its folder with a path of its own');
  else if (at.json && isForeignJson(value)) out.notes.push('is no manifest and is left out');
  else collect(value, [], { out, index: at.index });
  return out;
}
function collect(value: unknown, inside: (string | number)[], into: { out: Sorted; index: number }): void {
  const problem = whatIsWrong(value);
  if (problem !== undefined) {
    into.out.problems.push({ inside: [...inside, ...problem.at], message: problem.message });
    return;
  }
  const object = value as Record<string, unknown> & { kind: string; apiVersion: string };
  if (!isList(object)) {
    const withMetadata = object['metadata'] === undefined || object['metadata'] === null ? { ...object, metadata: {} } : object;
    into.out.objects.push({ object: deepFreeze(withMetadata), document: into.index, inside });
    return;
  }
  const itemKind = object.kind === 'List' ? {} : { apiVersion: object.apiVersion, kind: object.kind.slice(0, -4) };
  (object['items'] as unknown[]).forEach((item, at) => {
    if (item !== null) collect(isRecord(item) ? { ...itemKind, ...item } : item, [...inside, 'items', at], into);
  });
}
function isList(object: Record<string, unknown> & { kind: string }): boolean {
  return object.kind.endsWith('List') && Array.isArray(object['items']);
}
function whatIsWrong(value: unknown): { at: (string | number)[]; message: string } | undefined {
  const advice = 'If this is no manifest, move it out of the path or name the folder of the manifests with the path';
  if (!isRecord(value))
    return { at: [], message: `this is ${Array.isArray(value) ? 'a list' : 'plain text'}, not a Kubernetes object. ${advice}` };
  const missing = ['apiVersion', 'kind'].filter((key) => value[key] === undefined || value[key] === null || value[key] === '');
  if (missing.length > 0) return { at: [], message: `this has no ${missing.join(' and no ')}, so it is no Kubernetes object. ${advice}` };
  for (const key of ['apiVersion', 'kind']) {
    if (typeof value[key] !== 'string') return { at: [key], message: `${key} must be text, not ${JSON.stringify(value[key])}` };
  }
  const { metadata } = value;
  if (metadata !== undefined && metadata !== null && !isRecord(metadata)) return { at: ['metadata'], message: 'metadata must be a map' };
  return undefined;
}
function isKustomization(value: unknown): boolean {
  if (!isRecord(value)) return false;
  if (typeof value['apiVersion'] === 'string') return value['apiVersion'].startsWith('kustomize.config.k8s.io/');
  const telling = [
    'resources',
    'bases',
    'patches',
    'patchesStrategicMerge',
    'patchesJson6902',
    'configMapGenerator',
    'secretGenerator',
    'commonLabels',
    'namePrefix',
    'components',
    'images',
  ];
  return value['kind'] === undefined && telling.some((key) => Object.hasOwn(value, key));
}
/** A package.json, a dashboard: JSON that is not even meant to be a manifest. */
function isForeignJson(value: unknown): boolean {
  return !isRecord(value) || (value['apiVersion'] === undefined && value['kind'] === undefined);
}

function decode(bytes: Uint8Array): string | YamlProblem {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const before = Buffer.from(bytes.subarray(0, firstInvalid(bytes)))
      .toString('utf8')
      .split('\n');
    return { line: before.length, column: (before.at(-1) as string).length + 1, message: 'this is not UTF-8 text' };
  }
}
/** Where a lenient reading first differs: each invalid sequence becomes U+FFFD. */
function firstInvalid(bytes: Uint8Array): number {
  const lenient = Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf8');
  let at = 0;
  while (at < bytes.length && bytes[at] === lenient[at]) at++;
  return at;
}

/** The YAML reader finds doubled keys and places; what it cannot read (tabs) and JSON can is fine all the same. */
function parseJson(text: string): ReturnType<typeof parseYaml> {
  const result = parseYaml(text.replaceAll('\t', ' '));
  if (result.problems.some((problem) => /twice|nested|digits|control/.test(problem.message))) return result;
  try {
    return {
      documents: [{ value: JSON.parse(text) as unknown, line: (/^\s*/.exec(text)?.[0] ?? '').split('\n').length }],
      problems: [],
    };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return result.problems.length > 0 || text.trim() === ''
      ? result
      : {
          documents: [],
          problems: [{ line: 1, column: 1, message: holdsSecret(text) ? 'this is no JSON' : `this is no JSON: ${error.message}` }],
        };
  }
}

function isTemplate(text: string): boolean {
  return /\{\{.*\}\}/.test(text);
}
function templateProblem(text: string): YamlProblem {
  const before = text.slice(0, text.search(/\{\{.*\}\}/)).split('\n');
  return {
    line: before.length,
    column: (before.at(-1) as string).length + 1,
    message: 'this is a template ({{ }}), not a manifest: name the folder of its chart with the path, or render it and commit the result',
  };
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
