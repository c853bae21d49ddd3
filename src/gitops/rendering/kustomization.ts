import { isRecord } from '../../base/json.ts';

/** Names that a kustomization may have, in kustomize's order. */
export const kustomizationNames: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** What a kustomization reads. `at`: where it is named. */
export interface Reference {
  /** As written. */
  readonly entry: string;
  readonly at: readonly (string | number)[];
  /**
   * `resource`: a file, or a folder with a kustomization of its own. `folder`: only that. `file`: only a file.
   * `inline`: a file, a folder, or the YAML itself. `tree`: all of a folder, which may be absent.
   */
  readonly as: 'resource' | 'folder' | 'file' | 'inline' | 'tree';
}

/** All that a kustomization names, whatever it is for. Pure. What is of the wrong type is passed over: kustomize says so. */
export function referencesOf(kustomization: Readonly<Record<string, unknown>>): Reference[] {
  const out: Reference[] = [];
  const add = (entry: unknown, at: readonly (string | number)[], as: Reference['as']) => {
    if (typeof entry === 'string' && entry !== '') out.push({ entry, at, as });
  };
  const each = (field: string, visit: (item: unknown, at: readonly (string | number)[]) => void) =>
    itemsOf(kustomization, field).forEach((item, index) => visit(item, [field, index]));
  for (const field of ['resources', 'bases']) each(field, (item, at) => add(item, at, 'resource'));
  each('components', (item, at) => add(item, at, 'folder'));
  for (const field of ['crds', 'configurations']) each(field, (item, at) => add(item, at, 'file'));
  for (const field of ['patchesStrategicMerge', 'generators', 'transformers', 'validators'])
    each(field, (item, at) => add(item, at, 'inline'));
  for (const field of ['patches', 'patchesJson6902', 'replacements'])
    each(field, (item, at) => isRecord(item) && add(item['path'], [...at, 'path'], 'file'));
  for (const field of ['configMapGenerator', 'secretGenerator'])
    each(field, (item, at) => {
      if (isRecord(item)) addGenerated(item, at, add);
    });
  if (isRecord(kustomization['openapi'])) add(kustomization['openapi']['path'], ['openapi', 'path'], 'file');
  addCharts(kustomization, each, add);
  // Plugins built into kustomize may read any file of the folder that names them.
  if (['generators', 'transformers', 'validators'].some((field) => itemsOf(kustomization, field).length > 0)) add('.', [], 'tree');
  return out;
}

type Add = (entry: unknown, at: readonly (string | number)[], as: Reference['as']) => void;

/** `files` as `key=path` or `path`, `envs` as paths. */
function addGenerated(generator: Record<string, unknown>, at: readonly (string | number)[], add: Add): void {
  itemsOf(generator, 'files').forEach((item, index) => {
    if (typeof item === 'string') add(item.slice(item.indexOf('=') + 1), [...at, 'files', index], 'file');
  });
  itemsOf(generator, 'envs').forEach((item, index) => add(item, [...at, 'envs', index], 'file'));
  add(generator['env'], [...at, 'env'], 'file');
}

function addCharts(
  kustomization: Readonly<Record<string, unknown>>,
  each: (field: string, visit: (item: unknown, at: readonly (string | number)[]) => void) => void,
  add: Add,
): void {
  if (!usesCharts(kustomization)) return;
  const globals = kustomization['helmGlobals'];
  add((isRecord(globals) ? globals['chartHome'] : undefined) ?? 'charts', ['helmGlobals'], 'tree');
  for (const field of ['helmCharts', 'helmChartInflationGenerator'])
    each(field, (item, at) => {
      if (!isRecord(item)) return;
      add(item['valuesFile'] ?? item['values'], [...at, 'valuesFile'], 'file');
      itemsOf(item, 'additionalValuesFiles').forEach((file, index) => add(file, [...at, 'additionalValuesFiles', index], 'file'));
      add(item['chartHome'], [...at, 'chartHome'], 'tree');
    });
}
/** Whether kustomize must call helm for it. */
export function usesCharts(kustomization: Readonly<Record<string, unknown>>): boolean {
  return ['helmCharts', 'helmChartInflationGenerator'].some((field) => itemsOf(kustomization, field).length > 0);
}

function itemsOf(record: Readonly<Record<string, unknown>>, field: string): readonly unknown[] {
  const value = record[field];
  return Array.isArray(value) ? value : [];
}

/** Whether kustomize would fetch it: a URL, an address of git, `github.com/owner/repo//path?ref=v1`. */
export function isRemote(entry: string): boolean {
  return (
    /^[a-z][a-z0-9+.-]*:\/\//i.test(entry) ||
    /^[^/\s]+@[^/\s]+:/.test(entry) ||
    /^(github\.com|gitlab\.com|bitbucket\.org)[/:]/.test(entry) ||
    /[?&](ref|version)=|\.git(\/|$)|^git::/.test(entry)
  );
}
