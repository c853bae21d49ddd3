import type { HelmSettings } from '../renderer.ts';
import { cachedCharts, cachedFolder, type CachedChart, type ChartCache } from '../chart-cache.ts';
import { clusterOf } from './flux-kustomization.ts';
import { placeOf, sourceOf, sourceRefOf, type SourcePlace } from './flux-sources.ts';
import { Fields, type Around, type Import, type Readable } from './reading.ts';
import { folderOf, pathFrom } from './tree.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Flux's HelmRelease: a chart of this repository, or one that was fetched before. One from elsewhere is shown as such. */
export const fluxHelmRelease: Import = {
  form: 'FluxHelmRelease',
  words: ['Flux HelmRelease', 'Flux HelmReleases'],
  kind: 'helm.toolkit.fluxcd.io/HelmRelease',
  read: async (definition, around) => {
    const fields = new Fields(definition);
    const { metadata } = definition.object;
    const own = metadata.namespace ?? 'default';
    const target = fields.text(['spec', 'targetNamespace']);
    const namespace = target === '' ? own : target;
    const place = await chartOf(fields, own, around);
    // A chart of the cache is in no folder here: it changes with what is written down.
    const path = 'path' in place ? place.path : 'chart' in place ? folderOf(definition.origin.path) : '';
    const elsewhere =
      'elsewhere' in place
        ? place.elsewhere
        : 'chart' in place || around.tree.charts.has(path)
          ? undefined
          : `there is no chart in ${JSON.stringify(path)}`;
    const chart = 'chart' in place ? { chart: place.chart } : {};
    const application: Readable = {
      application: { namespace: own, name: metadata.name },
      form: 'FluxHelmRelease',
      origin: definition.origin,
      path,
      namespace,
      cluster: clusterOf(fields, around.home),
      render:
        elsewhere === undefined
          ? {
              helm: {
                ...helmOf(fields, { namespace, name: metadata.name, path: 'chart' in place ? cachedFolder(place.chart) : path, around }),
                ...chart,
              },
            }
          : {},
      recurse: false,
      prune: true,
      suspended: fields.flag(['spec', 'suspend']),
      dependsOn: fields.list(['spec', 'dependsOn']).map((_, index) => {
        const given = fields.text(['spec', 'dependsOn', index, 'namespace']);
        return { namespace: given === '' ? own : given, name: fields.text(['spec', 'dependsOn', index, 'name']) };
      }),
      ...(elsewhere === undefined ? {} : { elsewhere }),
    };
    return { applications: [application], problems: fields.problems };
  },
};

/** A path of a chart in a repository, a chart of the cache, or the words for where the chart is. */
async function chartOf(fields: Fields, namespace: string, around: Around): Promise<SourcePlace | { readonly chart: CachedChart }> {
  if (fields.at(['spec', 'chartRef']) !== undefined) {
    const ref = sourceRefOf(fields, ['spec', 'chartRef'], namespace);
    const asked = askedOf(ref, around);
    if (asked !== undefined && asked.kind !== 'GitRepository') return cached(asked, around);
    const place = placeOf(asked?.kind === 'GitRepository' ? { ...ref, ...asked.ref } : ref, asked?.chart ?? '', around);
    return 'path' in place ? place : { elsewhere: place.elsewhere.replace(/^its source/, 'its chart') };
  }
  const asked = askedAt(fields, ['spec', 'chart', 'spec'], namespace);
  return asked.kind === 'GitRepository' ? placeOf(asked.ref, asked.chart, around) : cached(asked, around);
}

/** What somebody wants of a registry. */
interface Asked {
  readonly kind: string;
  readonly ref: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly chart: string;
  readonly version: string;
}
function askedAt(fields: Fields, at: readonly string[], namespace: string): Asked {
  const ref = sourceRefOf(fields, [...at, 'sourceRef'], namespace);
  return { kind: ref.kind, ref, chart: fields.text([...at, 'chart']), version: fields.text([...at, 'version']) };
}
/** What a HelmChart or an OCIRepository that the tree defines asks for. */
function askedOf(ref: Asked['ref'], around: Around): Asked | undefined {
  const source = ref.kind === 'HelmChart' || ref.kind === 'OCIRepository' ? sourceOf(ref, around) : undefined;
  if (source === undefined) return undefined;
  const fields = new Fields(source);
  if (ref.kind === 'HelmChart') return askedAt(fields, ['spec'], ref.namespace);
  const [tag, semver] = [fields.text(['spec', 'ref', 'tag']), fields.text(['spec', 'ref', 'semver'])];
  const chart = fields.text(['spec', 'url']).replace(/\/+$/, '').split('/').at(-1) ?? '';
  return { kind: ref.kind, ref, chart, version: tag !== '' ? tag : semver };
}

async function cached({ ref, chart, version }: Asked, { charts }: Around): Promise<SourcePlace | { readonly chart: CachedChart }> {
  const found = await charts?.find(chart, version);
  if (found !== undefined) return { chart: found };
  const from = ref.name === '' ? 'another place' : `the ${ref.kind} ${ref.name}`;
  return { elsewhere: `its chart ${chart}${version === '' ? '' : ` ${version}`} is in ${from}, ${notHere(charts)}` };
}
/** Of a chart that cannot be had. */
export function notHere(charts: ChartCache | undefined): string {
  return charts === undefined ? 'not in this repository' : 'not in this repository nor in the chart cache (--chart-cache)';
}

function helmOf(fields: Fields, from: { namespace: string; name: string; path: string; around: Around }): HelmSettings {
  const { namespace, name, path, around } = from;
  fields.notYet(['spec'], ['postRenderers']);
  for (const index of fields.list(['spec', 'valuesFrom']).keys()) {
    const at = ['spec', 'valuesFrom', index];
    if (!fields.flag([...at, 'optional']))
      fields.wrong(
        at,
        `the values of the ${fields.text([...at, 'kind'])} ${fields.text([...at, 'name'])} are not known here, and were passed over`,
      );
  }
  const out: Writable<HelmSettings> = { namespace };
  const [releaseName, target] = [fields.text(['spec', 'releaseName']), fields.text(['spec', 'targetNamespace'])];
  out.releaseName = releaseName !== '' ? releaseName : target === '' ? name : `${target}-${name}`;
  const valueFiles = fields.texts(['spec', 'chart', 'spec', 'valuesFiles']).flatMap((written) => {
    if (path.startsWith(`${cachedCharts}/`)) return [pathFrom(path, written) ?? written];
    const there = pathFrom('', written);
    if (there !== undefined && around.tree.files.has(there)) return [there];
    const beside = pathFrom(path, written);
    return beside !== undefined && around.tree.files.has(beside) ? [beside] : [];
  });
  if (valueFiles.length > 0) out.valueFiles = valueFiles;
  const values = fields.record(['spec', 'values']);
  if (Object.keys(values).length > 0) out.values = values;
  if (fields.text(['spec', 'install', 'crds']) === 'Skip') out.skipCrds = true;
  return out;
}
