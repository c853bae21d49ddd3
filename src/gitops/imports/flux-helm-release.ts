import type { HelmSettings } from '../renderer.ts';
import { clusterOf } from './flux-kustomization.ts';
import { placeOf, sourceRefOf, type SourcePlace } from './flux-sources.ts';
import { Fields, type Around, type Import, type Readable } from './reading.ts';
import { pathFrom } from './tree.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Flux's HelmRelease: a chart of this repository. One from elsewhere is shown as such. */
export const fluxHelmRelease: Import = {
  form: 'FluxHelmRelease',
  words: ['Flux HelmRelease', 'Flux HelmReleases'],
  kind: 'helm.toolkit.fluxcd.io/HelmRelease',
  read: (definition, around) => {
    const fields = new Fields(definition);
    const { metadata } = definition.object;
    const own = metadata.namespace ?? 'default';
    const target = fields.text(['spec', 'targetNamespace']);
    const namespace = target === '' ? own : target;
    const place = chartOf(fields, own, around);
    const path = 'path' in place ? place.path : '';
    const elsewhere =
      'elsewhere' in place ? place.elsewhere : around.tree.charts.has(path) ? undefined : `there is no chart in ${JSON.stringify(path)}`;
    const application: Readable = {
      application: { namespace: own, name: metadata.name },
      form: 'FluxHelmRelease',
      origin: definition.origin,
      path,
      namespace,
      cluster: clusterOf(fields, around.home),
      render: elsewhere === undefined ? { helm: helmOf(fields, { namespace, name: metadata.name, path, around }) } : {},
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

/** A path of a chart in a repository, or the words for where the chart is. */
function chartOf(fields: Fields, namespace: string, around: Around): SourcePlace {
  if (fields.at(['spec', 'chartRef']) !== undefined) {
    const ref = sourceRefOf(fields, ['spec', 'chartRef'], namespace);
    const place = placeOf(ref, '', around);
    return 'path' in place ? place : { elsewhere: place.elsewhere.replace(/^its source/, 'its chart') };
  }
  const [chart, version] = [fields.text(['spec', 'chart', 'spec', 'chart']), fields.text(['spec', 'chart', 'spec', 'version'])];
  const ref = sourceRefOf(fields, ['spec', 'chart', 'spec', 'sourceRef'], namespace);
  if (ref.kind === 'GitRepository') return placeOf(ref, chart, around);
  const from = ref.name === '' ? 'another place' : `the ${ref.kind} ${ref.name}`;
  return { elsewhere: `its chart ${chart}${version === '' ? '' : ` ${version}`} is in ${from}, not in this repository` };
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
