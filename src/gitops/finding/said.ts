import type { FoundApplication } from '../found.ts';
import { isUnder, quoted } from '../sources/paths.ts';
import { folderApplications } from '../imports/index.ts';
import type { Readable } from '../imports/reading.ts';
import { folderOf, type Definition, type Tree } from '../imports/tree.ts';

const words: Readonly<Record<FoundApplication['form'], readonly [string, string]>> = {
  Application: ['Steersman Application', 'Steersman Applications'],
  ArgoApplication: ['Argo CD Application', 'Argo CD Applications'],
  ArgoApplicationSet: ['application of Argo CD ApplicationSets', 'applications of Argo CD ApplicationSets'],
  FluxKustomization: ['Flux Kustomization', 'Flux Kustomizations'],
  FluxHelmRelease: ['Flux HelmRelease', 'Flux HelmReleases'],
  Folder: ['folder of manifests', 'folders of manifests'],
};

/** What was found, for people, and the applications without what only the finding needed. */
export function foundWords(found: { tree: Tree; applications: readonly Readable[]; unlisted: readonly Definition[]; defined: boolean }): {
  applications: readonly FoundApplication[];
  said: readonly string[];
} {
  const { tree, applications, unlisted, defined } = found;
  const said: string[] = [];
  for (const form of Object.keys(words) as FoundApplication['form'][]) {
    const some = applications.filter((one) => one.form === form);
    if (some.length > 0) said.push(`${some.length} ${words[form][some.length === 1 ? 0 : 1]}${whereWords(some)}`);
  }
  const cached = applications.flatMap(({ render }) => render.helm?.chart ?? []).map((chart) => `${chart.name} ${chart.version}`);
  if (cached.length > 0) said.push(`of the chart cache: ${[...new Set(cached)].sort().join(', ')}`);
  if (defined) said.push(...unclaimedWords(tree, applications));
  for (const { object, origin } of unlisted.slice(0, 20))
    said.push(
      `${quoted(origin.path)} line ${origin.line}: the ${object.kind} ${object.metadata.name} is in no kustomization, so nothing applies it`,
    );
  if (unlisted.length > 20) said.push(`${unlisted.length - 20} more definitions are in no kustomization`);
  return { applications: applications.map(({ recurse: _, ...one }) => one), said };
}

/** ` in clusters/prod and clusters/staging`: the folders of the definitions, where they are few. */
function whereWords(applications: readonly FoundApplication[]): string {
  const folders = [...new Set(applications.map(({ origin, path }) => (origin === undefined ? path : folderOf(origin.path))))].sort();
  const shown = folders.map((folder) => (folder === '' ? 'the root' : quoted(folder).slice(1, -1)));
  if (shown.length <= 3) return ` in ${shown.join(', ')}`;
  const common = commonFolder(folders);
  return common === '' ? ` in ${shown.length} folders` : ` in ${shown.length} folders of ${quoted(common).slice(1, -1)}`;
}
function commonFolder(folders: readonly string[]): string {
  let common = folders[0] ?? '';
  while (common !== '' && !folders.every((folder) => folder === common || folder.startsWith(`${common}/`))) common = folderOf(common);
  return common;
}

/** Folders with manifests that no definition asks for. */
function unclaimedWords(tree: Tree, applications: readonly Readable[]): string[] {
  const claimed = applications.filter((one) => one.elsewhere === undefined).map((one) => one.path);
  const definitions = new Set([...tree.definitions.keys()].map((file) => folderOf(file)));
  const free = folderApplications(tree).filter(
    ({ path }) =>
      ![...definitions].some((folder) => folder !== '' && isUnder(path, folder)) && !claimed.some((folder) => isUnder(path, folder)),
  );
  const [first] = free;
  if (first === undefined) return [];
  const example = quoted(first.path).slice(1, -1);
  return [
    free.length === 1
      ? `${example} holds manifests that no definition asks for; \`--path ${example}\` plans it`
      : `${free.length} folders hold manifests that no definition asks for; \`--path ${example}\` plans one of them`,
  ];
}
