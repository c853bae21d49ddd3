import { isRecord } from '../../base/json.ts';
import { parseYaml } from '../yaml.ts';
import { matcher } from '../glob.ts';
import type { Fields } from './reading.ts';
import { sameAddress, type Around } from './reading.ts';
import { fillIn, normalized, type Parameters } from './template.ts';

type At = readonly (string | number)[];
/** What one generator gives: a set of parameters for each application. Undefined: this kind of generator is not understood, and that was said. */
export type Generated = readonly Parameters[] | undefined;

const notHere: Readonly<Record<string, string>> = {
  clusters: 'which clusters there are is only known by Argo CD',
  scmProvider: 'which repositories there are is only known by the forge',
  pullRequest: 'which pull requests there are is only known by the forge',
  clusterDecisionResource: 'it reads an object of the cluster',
  plugin: 'a plugin answers it',
};
const selectable = ['list', 'git', 'matrix', 'merge', ...Object.keys(notHere)];

/** The sets of parameters of one generator: list, git (directories, files), matrix of two, merge. */
export async function generate(fields: Fields, at: At, around: Around, go: boolean): Promise<Generated> {
  const generator = fields.record(at);
  if (generator['selector'] !== undefined) {
    fields.wrong([...at, 'selector'], 'a selector of a generator is not understood, so its applications are not known');
    return undefined;
  }
  const kind = selectable.find((name) => generator[name] !== undefined && generator[name] !== null);
  const inside = [...at, kind ?? ''];
  if (kind === 'list') return listed(fields, inside);
  if (kind === 'git') return fromGit(fields, inside, around);
  if (kind === 'matrix') return matrix(fields, inside, around, go);
  if (kind === 'merge') return merge(fields, inside, around, go);
  const why = kind === undefined ? 'it is of no known kind' : notHere[kind];
  fields.wrong(kind === undefined ? at : inside, `the applications of this generator are not known: ${why ?? ''}`);
  return undefined;
}

function listed(fields: Fields, at: At): Generated {
  if (fields.at([...at, 'elementsYaml']) !== undefined)
    fields.wrong([...at, 'elementsYaml'], 'elementsYaml is not understood, and was passed over');
  return fields.list([...at, 'elements']).map((_, index) => fields.record([...at, 'elements', index]));
}

async function fromGit(fields: Fields, at: At, around: Around): Promise<Generated> {
  const url = fields.text([...at, 'repoURL']);
  if (!around.own.known.has(sameAddress(url))) {
    fields.wrong([...at, 'repoURL'], `the applications of this generator are not known: it reads another repository, ${url}`);
    return undefined;
  }
  const values = fields.textMap([...at, 'values']);
  const prefix = fields.text([...at, 'pathParamPrefix']);
  const directories = fields.list([...at, 'directories']);
  const found =
    directories.length > 0 ? ofFolders(chosen(fields, [...at, 'directories'], around.tree.folders)) : await ofFiles(fields, at, around);
  return found?.map((one) => prefixed({ ...one, ...(Object.keys(values).length > 0 ? { values } : {}) }, prefix));
}
/** Paths that one of the patterns takes and none excludes. */
function chosen(fields: Fields, at: At, among: Iterable<string>): string[] {
  const patterns = fields.list(at).map((_, index) => ({
    matches: matcher(fields.text([...at, index, 'path']), { slashes: false }),
    exclude: fields.flag([...at, index, 'exclude']),
  }));
  return [...among]
    .filter((path) => path !== '')
    .filter((path) => patterns.some(({ matches, exclude }) => !exclude && matches(path)))
    .filter((path) => !patterns.some(({ matches, exclude }) => exclude && matches(path)))
    .sort();
}
function ofFolders(paths: readonly string[]): Parameters[] {
  return paths.map((path) => ({ path: pathParameters(path) }));
}
function pathParameters(path: string): Record<string, unknown> {
  const segments = path.split('/');
  const basename = segments.at(-1) ?? '';
  return { path, basename, basenameNormalized: normalized(basename), segments };
}

async function ofFiles(fields: Fields, at: At, around: Around): Promise<Generated> {
  const files = chosen(fields, [...at, 'files'], around.tree.files.keys());
  const contents = await around.tree.artifact.read(files);
  const out: Parameters[] = [];
  files.forEach((file, index) => {
    const { documents, problems } = parseYaml(Buffer.from(contents[index] as Uint8Array).toString('utf8'));
    const [problem] = problems;
    if (problem !== undefined) fields.wrong([...at, 'files'], `${file}:${problem.line}:${problem.column}: ${problem.message}`);
    const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '';
    const filename = file.slice(folder === '' ? 0 : folder.length + 1);
    const path = { ...pathParameters(folder), filename, filenameNormalized: normalized(filename) };
    for (const value of documents.flatMap((document) => (Array.isArray(document.value) ? (document.value as unknown[]) : [document.value])))
      if (isRecord(value)) out.push({ ...value, path });
  });
  return out;
}
function prefixed(parameters: Parameters, prefix: string): Parameters {
  if (prefix === '') return parameters;
  const { path, ...rest } = parameters;
  return { ...rest, [prefix]: { path } };
}

/** Every pair of the two generators; the second may be written in terms of the first. */
async function matrix(fields: Fields, at: At, around: Around, go: boolean): Promise<Generated> {
  if (fields.list([...at, 'generators']).length !== 2) {
    fields.wrong(at, 'a matrix takes two generators');
    return undefined;
  }
  const first = await generate(fields, [...at, 'generators', 0], around, go);
  const second = [...at, 'generators', 1];
  const dependent = JSON.stringify(fields.record(second)).includes('{{');
  const alone = dependent ? [] : await generate(fields, second, around, go);
  if (first === undefined || alone === undefined) return undefined;
  const out: Parameters[] = [];
  for (const one of first) {
    const others = dependent
      ? await generate(fields.replaced(second, fillIn(fields.record(second), one, go).value), second, around, go)
      : alone;
    if (others === undefined) return undefined;
    out.push(...others.map((other) => ({ ...one, ...other })));
  }
  return out;
}
/** The first generator's sets, with what the others say of those with the same keys. */
async function merge(fields: Fields, at: At, around: Around, go: boolean): Promise<Generated> {
  const sets = await children(fields, at, around, go);
  const keys = fields.texts([...at, 'mergeKeys']);
  const [base, ...others] = sets;
  if (base === undefined || others.includes(undefined)) return undefined;
  const id = (one: Parameters) => JSON.stringify(keys.map((key) => one[key] ?? null));
  return base.map(
    (one) => Object.assign({}, one, ...others.flatMap((set) => (set ?? []).filter((other) => id(other) === id(one)))) as Parameters,
  );
}
async function children(fields: Fields, at: At, around: Around, go: boolean): Promise<Generated[]> {
  const out: Generated[] = [];
  for (const index of fields.list([...at, 'generators']).keys()) out.push(await generate(fields, [...at, 'generators', index], around, go));
  return out;
}
