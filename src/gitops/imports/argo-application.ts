import { valueAt } from '../../base/json.ts';
import type { ApplicationForm } from '../../api/review.ts';
import { pathFrom, type Definition, type Tree } from './tree.ts';
import { argoRender } from './argo-source.ts';
import { Fields, isPinned, sameAddress, type Around, type Import, type Readable, type Understood } from './reading.ts';

type At = readonly (string | number)[];

/** Argo CD's Application: one source of this repository, with kustomize, helm and directory settings. */
export const argoApplication: Import = {
  form: 'ArgoApplication',
  words: ['Argo CD Application', 'Argo CD Applications'],
  kind: 'argoproj.io/Application',
  read: (definition, around) => readArgoApplication(definition, around, 'ArgoApplication'),
};

/** One Application, written down or made by an ApplicationSet. */
export function readArgoApplication(definition: Definition, around: Around, form: ApplicationForm): Understood {
  const fields = new Fields(definition);
  const { metadata } = definition.object;
  const sources = sourcesOf(fields);
  const own = sources.filter(
    (source) => source.path !== undefined && source.elsewhere === undefined && around.own.known.has(source.address),
  );
  const [first] = own;
  const refs = new Set(sources.filter((one) => one.ref !== '' && around.own.known.has(one.address)).map((one) => one.ref));
  const place: { path: string; elsewhere?: string } = first === undefined ? elsewhere(sources, around.tree) : { path: first.path ?? '' };
  const render = first === undefined ? {} : argoRender(fields, first.at, { tree: around.tree, path: place.path, refs });
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

function elsewhere(sources: readonly ArgoSource[], tree: Tree): { path: string; elsewhere: string } {
  const pinned = sources.find((source) => source.elsewhere !== undefined && tree.folders.has(source.path ?? '\0'));
  if (pinned?.elsewhere !== undefined) return { path: pinned.path ?? '', elsewhere: pinned.elsewhere };
  const chart = sources.find((source) => source.chart !== '');
  if (chart !== undefined) {
    const version = chart.revision === '' ? '' : ` ${chart.revision}`;
    return { path: '', elsewhere: `its chart ${chart.chart}${version} is in ${chart.written}, not in this repository` };
  }
  const [source] = sources;
  return {
    path: source?.path ?? '',
    elsewhere: source === undefined ? 'it names no source' : `its source is another repository: ${source.written}`,
  };
}
function whyNot(own: number, at: { path: string; tree: Tree }): string | undefined {
  if (own > 1) return `its manifests come from ${own} sources, and only one can be rendered`;
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
