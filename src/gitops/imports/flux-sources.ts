import { isRecord } from '../../base/json.ts';
import { isUnder } from '../sources/paths.ts';
import { Fields, isPinned, sameAddress, type Around } from './reading.ts';
import { pathFrom, type Definition } from './tree.ts';

/** Where a path of a Flux source is in this repository, or why it is not. */
export type SourcePlace = { readonly path: string } | { readonly elsewhere: string };

interface SourceRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}
/** Which source an object means by `sourceRef`; without a namespace, one beside it. */
export function sourceRefOf(fields: Fields, at: readonly (string | number)[], namespace: string): SourceRef {
  const given = fields.text([...at, 'namespace']);
  return { kind: fields.text([...at, 'kind']), namespace: given === '' ? namespace : given, name: fields.text([...at, 'name']) };
}

/** Finds a path that stands in a source: the repository itself, or an artifact that is made of it. */
export function placeOf(ref: SourceRef, written: string, around: Around): SourcePlace {
  if (ref.kind === 'GitRepository') return inRepository(ref, written, around);
  if (ref.kind === 'ExternalArtifact') return inArtifact(ref, written, around);
  const source = sourceOf(ref, around);
  const url = source === undefined ? '' : ` (${new Fields(source).text(['spec', 'url'])})`;
  return { elsewhere: `its source is the ${ref.kind === '' ? 'unnamed source' : ref.kind} ${ref.name}${url}, not this repository` };
}

/** A repository that nothing in the tree defines is the one that Flux was set up with: this one. */
function inRepository(ref: SourceRef, written: string, around: Around): SourcePlace {
  const source = sourceOf(ref, around);
  const path = pathFrom('', written);
  if (path === undefined) return { elsewhere: `its path ${JSON.stringify(written)} leads out of the repository` };
  if (source === undefined) return { path };
  const fields = new Fields(source);
  const url = fields.text(['spec', 'url']);
  if (!around.own.known.has(sameAddress(url))) return { elsewhere: `its source is another repository: ${url}` };
  const pinned = ['tag', 'semver', 'commit', 'name'].find((name) => fields.text(['spec', 'ref', name]) !== '');
  const at = pinned === undefined ? '' : fields.text(['spec', 'ref', pinned]);
  if (pinned !== undefined && (pinned !== 'name' || isPinned(at)))
    return { elsewhere: `its source ${ref.name} is held at ${pinned} ${at}, so a merge does not change it until that moves` };
  return { path };
}

/** Flux's ArtifactGenerator copies folders of the repository to new places; the way back. */
function inArtifact(ref: SourceRef, written: string, around: Around): SourcePlace {
  const path = pathFrom('', written);
  const generators = around.definitions.filter(
    ({ object }) => object.kind === 'ArtifactGenerator' && fits(object.metadata.namespace, ref.namespace),
  );
  const near = generators.filter(({ origin }) => around.home === '' || origin.path.startsWith(`${around.home}/`));
  for (const generator of near.length > 0 ? near : generators) {
    const fields = new Fields(generator);
    for (const index of fields.list(['spec', 'artifacts']).keys()) {
      if (path === undefined || fields.text(['spec', 'artifacts', index, 'name']) !== ref.name) continue;
      const found = copiedFrom(fields, index, path, around);
      if (found !== undefined) return { path: found };
    }
  }
  return {
    elsewhere: `its source is the artifact ${ref.name}, and nothing says what of this repository is copied to ${JSON.stringify(written)} in it`,
  };
}
function copiedFrom(fields: Fields, artifact: number, path: string, around: Around): string | undefined {
  const at = ['spec', 'artifacts', artifact, 'copy'];
  for (const index of fields.list(at).keys()) {
    const [, alias, pattern] = /^@([^/]+)\/(.*)$/.exec(fields.text([...at, index, 'from'])) ?? [];
    const target = pathFrom('', fields.text([...at, index, 'to']).replace(/^@artifact\/?/, ''));
    if (alias === undefined || pattern === undefined || target === undefined || !ownAlias(fields, alias, around)) continue;
    const there = wayBack({ path, target, stem: pattern.replace(/\/?\*.*$/, '') });
    if (there !== undefined && around.tree.folders.has(there)) return there;
  }
  return undefined;
}
/** `stem/**` was copied to `target`: where `path` came from. */
function wayBack({ path, target, stem }: { path: string; target: string; stem: string }): string | undefined {
  if (!isUnder(path, target)) return undefined;
  const rest = target === '' ? path : path.slice(target.length + 1);
  return [stem, rest].filter((part) => part !== '').join('/');
}
function ownAlias(fields: Fields, alias: string, around: Around): boolean {
  return fields.list(['spec', 'sources']).some((_, index) => {
    if (fields.text(['spec', 'sources', index, 'alias']) !== alias) return false;
    const ref = sourceRefOf(fields, ['spec', 'sources', index], '');
    return ref.kind === 'GitRepository' && !('elsewhere' in inRepository(ref, '', around));
  });
}

/** The definition of a source, where the tree has one: that of the same cluster first. */
export function sourceOf(ref: SourceRef, { definitions, home }: Around): Definition | undefined {
  const all = definitions.filter(
    ({ object }) =>
      object.kind === ref.kind &&
      object.metadata.name === ref.name &&
      isRecord((object as { spec?: unknown }).spec) &&
      fits(object.metadata.namespace, ref.namespace),
  );
  return all.find(({ origin }) => home !== '' && origin.path.startsWith(`${home}/`)) ?? all[0];
}
/** A namespace that a kustomization sets is not in the file. */
function fits(written: string | undefined, wanted: string): boolean {
  return written === undefined || wanted === '' || written === wanted;
}
