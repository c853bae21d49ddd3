import type { Readable } from './reading.ts';
import { reach, topKustomizations } from './reach.ts';
import { folderOf, type Tree } from './tree.ts';
import type { RenderSettings } from '../renderer.ts';

/**
 * Where nothing says what the applications are: each kustomization that no other one builds upon, each chart, and each folder
 * that directly holds manifests which no kustomization takes up.
 */
export function folderApplications(tree: Tree): readonly Readable[] {
  const tops = topKustomizations(tree);
  const taken = new Set([...tree.kustomizations.keys()].flatMap((folder) => reach(tree, folder).map(({ file }) => file)));
  const plain = new Set<string>();
  for (const file of tree.manifests.keys()) if (!taken.has(file) && !tree.kustomizations.has(folderOf(file))) plain.add(folderOf(file));
  const parents = parentsOf([...plain, ...tree.kustomizations.keys(), ...tree.charts.keys()]);
  const charts = [...tree.charts].filter(([folder, { library }]) => !library && !isSubchart(folder)).map(([folder]) => folder);
  return apart(tree, [
    ...tops.map((folder) => application(folder, {})),
    ...charts.map((folder) => application(folder, { helm: {} })),
    ...[...plain].map((folder) => application(folder, parents.has(folder) ? { directory: { recurse: false } } : {})),
  ]);
}

/** Folders that bring the same objects (overlays for several clusters, variants to choose from) never meet in one cluster. */
function apart(tree: Tree, applications: readonly Readable[]): readonly Readable[] {
  const clusters: { readonly name: string; readonly taken: Set<string> }[] = [];
  return applications.map((one) => {
    const names = objectsOf(tree, one);
    let cluster = clusters.find(({ taken }) => !names.some((name) => taken.has(name)));
    if (cluster === undefined) clusters.push((cluster = { name: clusters.length === 0 ? '' : one.path, taken: new Set() }));
    for (const name of names) cluster.taken.add(name);
    return { ...one, cluster: cluster.name };
  });
}
/** As far as names can be told without rendering. */
function objectsOf(tree: Tree, { path, recurse }: Readable): string[] {
  return reach(tree, path, { recurse }).flatMap(({ file, namespace, namePrefix, nameSuffix }) =>
    (tree.manifests.get(file) ?? []).map(
      (object) => `${object.kind}\0${namespace === '' ? object.namespace : namespace}\0${namePrefix}${object.name}${nameSuffix}`,
    ),
  );
}
function isSubchart(folder: string): boolean {
  return /(^|\/)charts\/[^/]+$/.test(folder) && folder.split('/').length > 2;
}
/** Every folder that one of these lies in, at any depth. */
function parentsOf(folders: readonly string[]): ReadonlySet<string> {
  const out = new Set<string>();
  for (const folder of folders) for (let at = folder; at !== '' && !out.has((at = folderOf(at)));) out.add(at);
  return out;
}

function application(path: string, render: RenderSettings): Readable {
  return {
    application: { namespace: 'default', name: nameOf(path) },
    form: 'Folder',
    path,
    namespace: 'default',
    cluster: '',
    render,
    recurse: render.directory?.recurse ?? true,
    prune: true,
    suspended: false,
    dependsOn: [],
  };
}
/** `deploy/overlays/dev` is `deploy-overlays-dev`. */
function nameOf(path: string): string {
  const name = path
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? 'repository' : name;
}
