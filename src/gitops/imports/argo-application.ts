import { valueAt } from '../../base/json.ts';
import type { ApplicationForm } from '../../api/review.ts';
import type { RenderSettings } from '../renderer.ts';
import { cachedFolder, type CachedChart } from '../chart-cache.ts';
import { notHere } from './flux-helm-release.ts';
import { folderOf, pathFrom, type Definition, type Tree } from './tree.ts';
import { argoRender } from './argo-source.ts';
import { Fields, isPinned, sameAddress, type Around, type Import, type Readable, type Understood } from './reading.ts';

type At = readonly (string | number)[];

/** Argo CD's Application: one source of this repository or one chart that was fetched before, with kustomize, helm and directory settings. */
export const argoApplication: Import = {
  form: 'ArgoApplication',
  words: ['Argo CD Application', 'Argo CD Applications'],
  kind: 'argoproj.io/Application',
  read: (definition, around) => readArgoApplication(definition, around, 'ArgoApplication'),
};

/** One Application, written down or made by an ApplicationSet. */
export async function readArgoApplication(definition: Definition, around: Around, form: ApplicationForm): Promise<Understood> {
  const fields = new Fields(definition);
  const { metadata } = definition.object;
  const sources = await Promise.all(sourcesOf(fields).map((source) => withChart(source, around)));
  const own = sources.filter((source) => isHere(source, around));
  const [first] = own;
  sayOthers(fields, sources, first, around);
  const refs = new Set(sources.filter((one) => one.ref !== '' && around.own.known.has(one.address)).map((one) => one.ref));
  const place: { path: string; elsewhere?: string } =
    first === undefined
      ? elsewhere(sources, around)
      : { path: first.cached === undefined ? (first.path ?? '') : folderOf(definition.origin.path) };
  const render = first === undefined ? {} : renderOf(fields, first, { tree: around.tree, path: place.path, refs });
  const why = place.elsewhere ?? whyNot(own.length, { path: place.path, tree: around.tree });
  const application: Readable = {
    application: { namespace: metadata.namespace ?? 'argocd', name: metadata.name },
    form,
    origin: definition.origin,
    path: place.path,
    namespace: namespaceOf(fields),
    cluster: destinationOf(fields, around.home),
    render,
    recurse: render.directory?.recurse ?? false,
    prune: fields.flag(['spec', 'syncPolicy', 'automated', 'prune']),
    suspended: false,
    dependsOn: [],
    ...(why === undefined ? {} : { elsewhere: why }),
  };
  return { applications: [application], problems: fields.problems };
}

interface ArgoSource {
  readonly at: At;
  readonly address: string;
  readonly written: string;
  readonly revision: string;
  /** Undefined: it brings no manifests. */
  readonly path: string | undefined;
  readonly chart: string;
  readonly ref: string;
  readonly elsewhere?: string;
  /** Its chart, where the chart cache has it. */
  readonly cached?: CachedChart;
}
async function withChart(source: ArgoSource, { charts }: Around): Promise<ArgoSource> {
  if (source.chart === '' || charts === undefined) return source;
  // Of an OCI registry the chart may be written with its path.
  const cached = await charts.find(source.chart.split('/').at(-1) ?? '', source.revision);
  return cached === undefined ? source : { ...source, cached };
}
/** Whether its manifests can be rendered here. */
function isHere(source: ArgoSource, { own }: Around): boolean {
  if (source.cached !== undefined) return true;
  return source.path !== undefined && source.elsewhere === undefined && own.known.has(source.address);
}
/** Of several sources some may be here and some not: what the others bring is not planned. */
function sayOthers(fields: Fields, sources: readonly ArgoSource[], first: ArgoSource | undefined, around: Around): void {
  if (first === undefined) return;
  for (const source of sources) {
    const bringsNothing = source.path === undefined && source.chart === '';
    if (bringsNothing || isHere(source, around)) continue;
    fields.wrong(source.at, `${elsewhere([source], around).elsewhere}: what this source brings is not planned`);
  }
}
function renderOf(fields: Fields, source: ArgoSource, around: Parameters<typeof argoRender>[2]): RenderSettings {
  if (source.cached === undefined) return argoRender(fields, source.at, around);
  const render = argoRender(fields, source.at, { ...around, path: cachedFolder(source.cached) });
  const { directory: _none, helm = {}, ...rest } = render;
  return { ...rest, helm: { ...helm, chart: source.cached } };
}
function sourcesOf(fields: Fields): readonly ArgoSource[] {
  const many = fields.list(['spec', 'sources']);
  const places: At[] = many.length > 0 ? many.map((_, index) => ['spec', 'sources', index]) : [['spec', 'source']];
  if (many.length === 0 && fields.at(['spec', 'source']) === undefined) {
    fields.wrong(['spec'], 'this Application names no source');
    return [];
  }
  return places.map((at) => sourceAt(fields, at));
}
function sourceAt(fields: Fields, at: At): ArgoSource {
  const text = (name: string) => fields.text([...at, name]);
  const [written, revision, chart, ref] = [text('repoURL'), text('targetRevision'), text('chart'), text('ref')];
  const asked = text('path');
  const path = chart !== '' || (asked === '' && ref !== '') ? undefined : pathFrom('', asked);
  const base = { at, address: sameAddress(written), written, revision, path, chart, ref };
  return chart === '' && isPinned(revision)
    ? { ...base, elsewhere: `it is held at ${revision}, so a merge does not change it until that moves` }
    : base;
}

function elsewhere(sources: readonly ArgoSource[], { tree, charts }: Around): { path: string; elsewhere: string } {
  const pinned = sources.find((source) => source.elsewhere !== undefined && tree.folders.has(source.path ?? '\0'));
  if (pinned?.elsewhere !== undefined) return { path: pinned.path ?? '', elsewhere: pinned.elsewhere };
  const chart = sources.find((source) => source.chart !== '');
  if (chart !== undefined) {
    const version = chart.revision === '' ? '' : ` ${chart.revision}`;
    return { path: '', elsewhere: `its chart ${chart.chart}${version} is in ${chart.written}, ${notHere(charts)}` };
  }
  const [source] = sources;
  return {
    path: source?.path ?? '',
    elsewhere: source === undefined ? 'it names no source' : `its source is another repository: ${source.written}`,
  };
}
function whyNot(own: number, at: { path: string; tree: Tree }): string | undefined {
  if (own > 1)
    return `its manifests come from ${own} sources, which are not rendered together: give each an Application of its own to see its plan`;
  if (!at.tree.folders.has(at.path) && !at.tree.files.has(at.path))
    return `there is no folder ${JSON.stringify(at.path)} in this repository`;
  return undefined;
}

function namespaceOf(fields: Fields): string {
  const namespace = fields.text(['spec', 'destination', 'namespace']);
  return namespace === '' ? 'default' : namespace;
}
/** The name or the address of the cluster; the one where Argo CD itself runs is that of the definition. */
function destinationOf(fields: Fields, home: string): string {
  const [name, server] = [fields.text(['spec', 'destination', 'name']), fields.text(['spec', 'destination', 'server'])];
  const other = name !== '' && name !== 'in-cluster' ? name : server === 'https://kubernetes.default.svc' ? '' : server;
  return [home, other].filter((part) => part !== '').join(' ');
}

/** Where an Argo CD Application or ApplicationSet looks: to tell the repository's own address. */
export function argoAddresses(definition: Definition): readonly { address: string; path: string }[] {
  const fields = new Fields(definition);
  const base: At = fields.at(['spec', 'template']) === undefined ? [] : ['spec', 'template'];
  const many = fields.list([...base, 'spec', 'sources']);
  const places: At[] = [[...base, 'spec', 'source'], ...many.map((_, index) => [...base, 'spec', 'sources', index])];
  const named = places.map((at) => ({ address: fields.text([...at, 'repoURL']), path: fields.text([...at, 'path']) }));
  return [...named, ...gitGenerators(fields.list(['spec', 'generators']))]
    .filter(({ address }) => address !== '')
    .map(({ address, path }) => ({ address: sameAddress(address), path }));
}
/** Those inside of others too. */
function gitGenerators(generators: readonly unknown[]): { address: string; path: string }[] {
  return generators.flatMap((generator) => {
    const inner = ['matrix', 'merge'].flatMap((name) => listAt(generator, [name, 'generators']));
    const address = valueAt(generator, ['git', 'repoURL']);
    const patterns = ['directories', 'files'].flatMap((name) => listAt(generator, ['git', name]));
    const paths = patterns.map((pattern) => valueAt(pattern, ['path'])).filter((path): path is string => typeof path === 'string');
    const own = typeof address === 'string' ? paths.map((path) => ({ address, path })) : [];
    return [...own, ...gitGenerators(inner)];
  });
}
function listAt(value: unknown, path: readonly string[]): readonly unknown[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? (found as unknown[]) : [];
}
