import { isRecord } from '../../base/json.ts';
import type { HelmSettings, KustomizeSettings, RenderSettings } from '../renderer.ts';
import { parseYaml } from '../yaml.ts';
import { cachedCharts } from '../chart-cache.ts';
import { pathFrom, type Tree } from './tree.ts';
import type { Fields } from './reading.ts';

type At = readonly (string | number)[];
type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What a source of an Argo CD Application asks of the renderer. `refs`: folders that `$name/` in value files stands for. */
export function argoRender(fields: Fields, at: At, around: { tree: Tree; path: string; refs: ReadonlySet<string> }): RenderSettings {
  fields.notYet(at, ['plugin']);
  fields.notYet([...at, 'directory'], ['jsonnet']);
  const kustomize = fields.at([...at, 'kustomize']) === undefined ? undefined : kustomizeOf(fields, [...at, 'kustomize']);
  const helm = fields.at([...at, 'helm']) === undefined ? undefined : helmOf(fields, [...at, 'helm'], around);
  const directory = directoryOf(fields, [...at, 'directory']);
  const chart = around.tree.charts.has(around.path);
  return {
    ...(kustomize === undefined ? {} : { kustomize }),
    ...(helm === undefined && !chart ? {} : { helm: helm ?? {} }),
    ...(chart || around.tree.kustomizations.has(around.path) ? {} : { directory }),
  };
}

/** Argo CD stays in the folder unless told otherwise. */
function directoryOf(fields: Fields, at: At): NonNullable<RenderSettings['directory']> {
  const [include, exclude] = [fields.text([...at, 'include']), fields.text([...at, 'exclude'])];
  return {
    recurse: fields.flag([...at, 'recurse']),
    ...(include === '' ? {} : { include }),
    ...(exclude === '' ? {} : { exclude }),
  };
}

function kustomizeOf(fields: Fields, at: At): KustomizeSettings {
  fields.notYet(at, ['labelWithoutSelector', 'labelIncludeTemplates', 'commonAnnotationsEnvsubst', 'ignoreMissingComponents']);
  const out: Writable<KustomizeSettings> = {};
  const [namePrefix, nameSuffix, namespace] = ['namePrefix', 'nameSuffix', 'namespace'].map((name) => fields.text([...at, name]));
  if (namePrefix !== undefined && namePrefix !== '') out.namePrefix = namePrefix;
  if (nameSuffix !== undefined && nameSuffix !== '') out.nameSuffix = nameSuffix;
  if (namespace !== undefined && namespace !== '') out.namespace = namespace;
  const images = fields.texts([...at, 'images']).map((image) => imageOf(image));
  if (images.length > 0) out.images = images;
  const replicas = fields.list([...at, 'replicas']).map((_, index) => ({
    name: fields.text([...at, 'replicas', index, 'name']),
    count: Number(fields.text([...at, 'replicas', index, 'count'])),
  }));
  if (replicas.length > 0) out.replicas = replicas;
  const [labels, annotations] = [fields.textMap([...at, 'commonLabels']), fields.textMap([...at, 'commonAnnotations'])];
  if (Object.keys(labels).length > 0) out.commonLabels = labels;
  if (Object.keys(annotations).length > 0) out.commonAnnotations = annotations;
  const components = fields.texts([...at, 'components']);
  if (components.length > 0) out.components = components;
  const patches = patchesOf(fields, [...at, 'patches']);
  if (patches.length > 0) out.patches = patches;
  return out;
}

/** Patches as kustomize and Flux write them. */
export function patchesOf(fields: Fields, at: At): NonNullable<KustomizeSettings['patches']> {
  return fields.list(at).flatMap((_, index) => {
    const patch = fields.text([...at, index, 'patch']);
    if (patch === '') {
      fields.wrong([...at, index], 'a patch without text (patch) was passed over');
      return [];
    }
    const target = fields.textMap([...at, index, 'target']);
    return [Object.keys(target).length === 0 ? { patch } : { patch, target }];
  });
}

type Image = NonNullable<KustomizeSettings['images']>[number];
/** `name=newName:tag`, `name:tag`, `name@digest`, as `kustomize edit set image` takes them. */
export function imageOf(written: string): Image {
  const equals = written.indexOf('=');
  const [name, rest] = equals < 0 ? [undefined, written] : [written.slice(0, equals), written.slice(equals + 1)];
  const at = rest.indexOf('@');
  const plain = at < 0 ? rest : rest.slice(0, at);
  const colon = plain.lastIndexOf(':');
  const tagged = colon > plain.lastIndexOf('/');
  const newName = tagged ? plain.slice(0, colon) : plain;
  return {
    name: name ?? newName,
    ...(name === undefined || newName === '' ? {} : { newName }),
    ...(tagged ? { newTag: plain.slice(colon + 1) } : {}),
    ...(at < 0 ? {} : { digest: rest.slice(at + 1) }),
  };
}

function helmOf(fields: Fields, at: At, around: { tree: Tree; path: string; refs: ReadonlySet<string> }): HelmSettings {
  fields.notYet(at, ['fileParameters', 'version']);
  const out: Writable<HelmSettings> = {};
  const releaseName = fields.text([...at, 'releaseName']);
  if (releaseName !== '') out.releaseName = releaseName;
  const namespace = fields.text([...at, 'namespace']);
  if (namespace !== '') out.namespace = namespace;
  const valueFiles = valueFilesOf(fields, at, around);
  if (valueFiles.length > 0) out.valueFiles = valueFiles;
  const values = valuesOf(fields, at);
  if (Object.keys(values).length > 0) out.values = values;
  const parameters = fields.list([...at, 'parameters']).map((_, index) => ({
    name: fields.text([...at, 'parameters', index, 'name']),
    value: fields.text([...at, 'parameters', index, 'value']),
    forceString: fields.flag([...at, 'parameters', index, 'forceString']),
  }));
  if (parameters.length > 0) out.parameters = parameters;
  if (fields.flag([...at, 'skipCrds'])) out.skipCrds = true;
  const kubeVersion = fields.text([...at, 'kubeVersion']);
  if (kubeVersion !== '') out.kubeVersion = kubeVersion;
  const apiVersions = fields.texts([...at, 'apiVersions']);
  if (apiVersions.length > 0) out.apiVersions = apiVersions;
  return out;
}

/** `valuesObject` wins over `values`, as in Argo CD. */
function valuesOf(fields: Fields, at: At): Readonly<Record<string, unknown>> {
  const object = fields.record([...at, 'valuesObject']);
  if (Object.keys(object).length > 0) return object;
  const text = fields.text([...at, 'values']);
  if (text === '') return {};
  const { documents, problems } = parseYaml(text);
  const [problem] = problems;
  if (problem !== undefined) fields.wrong([...at, 'values'], `line ${problem.line} of these values: ${problem.message}`);
  const value = documents[0]?.value;
  return isRecord(value) ? value : {};
}

/** From the root: `/x` is the repository's, `$ref/x` of a source with that ref, all else beside the chart. */
function valueFilesOf(fields: Fields, at: At, { tree, path, refs }: { tree: Tree; path: string; refs: ReadonlySet<string> }): string[] {
  const missingIsFine = fields.flag([...at, 'ignoreMissingValueFiles']);
  return fields.texts([...at, 'valueFiles']).flatMap((written, index) => {
    const [, ref, rest] = /^\$([^/]+)\/(.*)$/.exec(written) ?? [];
    if (ref !== undefined && !refs.has(ref)) {
      fields.wrong([...at, 'valueFiles', index], `the values ${JSON.stringify(written)} are in another repository, and were passed over`);
      return [];
    }
    const there = rest !== undefined ? pathFrom('', rest) : pathFrom(path, written);
    // In a chart of the cache: rendering it will say so where there is none.
    if (rest === undefined && there?.startsWith(`${cachedCharts}/`) === true) return [there];
    if (there !== undefined && tree.files.has(there)) return [there];
    if (!missingIsFine) fields.wrong([...at, 'valueFiles', index], `there is no file ${JSON.stringify(written)} in this repository`);
    return [];
  });
}
