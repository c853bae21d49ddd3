import { isRecord } from '../../base/json.ts';
import { RenderError, type HelmSettings, type SourceProblem } from '../renderer.ts';
import type { Artifact, ArtifactFile } from '../source.ts';
import { quoted } from '../sources/paths.ts';
import { parseYaml, positionsOf } from '../yaml.ts';
import { listed } from './closure.ts';

/** A chart, with what it takes from beside itself. */
export interface Chart {
  /** As in Chart.yaml: how helm begins the names of templates. */
  readonly name: string;
  readonly file: string;
  /** All that helm may read: where it stands in the source, and where it is laid (dependencies by `file://` go into charts/). */
  readonly files: readonly ChartFile[];
}
export interface ChartFile extends ArtifactFile {
  readonly placed: string;
}
/** Charts inside charts, deeper than anybody's. */
const deepest = 8;

export function isChartFile(path: string): boolean {
  return /(^|\/)Chart\.yaml$/.test(path);
}

/** What a render of the chart reads. @throws RenderError when a dependency or a file of values is not in the tree */
export async function chartAt(artifact: Artifact, folder: string, settings: HelmSettings): Promise<Chart> {
  const gathered = new Map<string, ChartFile>();
  const problems: SourceProblem[] = [];
  const name = await gather({ artifact, gathered, problems }, { folder, placed: folder, depth: 0 });
  const file = joined(folder, 'Chart.yaml');
  for (const path of settings.valueFiles ?? []) {
    const found = (await listed(artifact, path)).find((one) => one.path === path && one.special === undefined);
    if (found === undefined)
      problems.push({ path: file, line: 1, column: 1, message: `the file of values ${quoted(path)} is not in the repository` });
    else gathered.set(path, { ...found, placed: path });
  }
  if (problems.length > 0) throw new RenderError(problems);
  return { name, file, files: [...gathered.values()].sort((a, b) => (a.placed < b.placed ? -1 : 1)) };
}

interface Gathering {
  readonly artifact: Artifact;
  readonly gathered: Map<string, ChartFile>;
  readonly problems: SourceProblem[];
}
/** Answers the chart's name. */
async function gather(into: Gathering, at: { folder: string; placed: string; depth: number }): Promise<string> {
  const { artifact, gathered, problems } = into;
  const { folder, placed, depth } = at;
  const files = (await listed(artifact, folder)).filter((file) => file.special === undefined);
  const place = (path: string) => joined(placed, folder === '' ? path : path.slice(folder.length + 1));
  for (const file of files) gathered.set(place(file.path), { ...file, placed: place(file.path) });
  const definition = joined(folder, 'Chart.yaml');
  if (!files.some((file) => file.path === definition)) {
    problems.push({ path: definition, line: 1, column: 1, message: 'there is no Chart.yaml here' });
    return '';
  }
  const old = joined(folder, 'requirements.yaml');
  const from = files.some((file) => file.path === old) ? [definition, old] : [definition];
  const texts = (await artifact.read(from)).map((bytes) => Buffer.from(bytes).toString('utf8'));
  const values = texts.map((text) => parseYaml(text).documents[0]?.value);
  for (const [index, value] of values.entries()) {
    const dependencies = isRecord(value) && Array.isArray(value['dependencies']) ? (value['dependencies'] as unknown[]) : [];
    for (const [number, dependency] of dependencies.entries()) {
      const message = await gatherDependency(into, at, { dependency, files });
      if (message === undefined) continue;
      const where = positionsOf(texts[index] as string)(0, ['dependencies', number]);
      problems.push({ path: from[index] as string, ...where, message });
    }
  }
  if (depth > deepest) problems.push({ path: definition, line: 1, column: 1, message: 'charts depend on each other too deeply' });
  const [chart] = values;
  return isRecord(chart) && typeof chart['name'] === 'string' ? chart['name'] : '';
}

/** Answers what is wrong. */
async function gatherDependency(
  into: Gathering,
  { folder, placed, depth }: { folder: string; placed: string; depth: number },
  { dependency, files }: { dependency: unknown; files: readonly ArtifactFile[] },
): Promise<string | undefined> {
  if (!isRecord(dependency) || typeof dependency['name'] !== 'string') return undefined;
  const { name, repository } = dependency as { name: string; repository?: unknown };
  const charts = joined(folder, 'charts');
  const there = files.some(
    ({ path }) => path.startsWith(`${charts}/${name}/`) || (path.startsWith(`${charts}/${name}-`) && path.endsWith('.tgz')),
  );
  if (there) return undefined;
  const local = typeof repository === 'string' && repository.startsWith('file://') ? repository.slice('file://'.length) : undefined;
  if (local === undefined) {
    // Folders in charts/ may have any name: helm goes by what their Chart.yaml says.
    if (files.some(({ path }) => path.startsWith(`${charts}/`))) return undefined;
    return `the chart ${quoted(name)} that this one depends on is not in charts/, and nothing is fetched while rendering: run \`helm dependency update\` and commit charts/`;
  }
  const source = resolvedFolder(folder, local);
  if (source === undefined) return `${quoted(String(repository))} leaves the repository`;
  if (depth >= deepest) return `charts depend on each other more than ${deepest} deep`;
  await gather(into, { folder: source, placed: joined(placed, `charts/${name}`), depth: depth + 1 });
  return undefined;
}
function resolvedFolder(folder: string, relative: string): string | undefined {
  if (relative.startsWith('/')) return undefined;
  const parts = folder === '' ? [] : folder.split('/');
  for (const part of relative.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}
export function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
