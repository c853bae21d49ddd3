import { argoAddresses } from '../imports/argo-application.ts';
import { Fields, sameAddress, type OwnAddresses } from '../imports/reading.ts';
import { pathFrom, type Definition, type Tree } from '../imports/tree.ts';

/**
 * By which addresses definitions mean this repository. A clone knows its remotes; without one of them, an address is this
 * repository's where a folder that it is asked for is here, or where all definitions name one and the same.
 */
export function ownAddresses(tree: Tree, definitions: readonly Definition[], remotes: readonly string[]): OwnAddresses {
  const known = new Set(remotes.map((remote) => sameAddress(remote)));
  const named = definitions.flatMap((definition) => addressesOf(definition, definitions));
  if (named.some(({ address }) => known.has(address))) return { known };
  for (const { address, path } of named) {
    const there = pathFrom('', path.replace(/\/?[^/]*[*?[{].*$/, ''));
    if (there !== undefined && there !== '' && (tree.folders.has(there) || tree.files.has(there))) known.add(address);
  }
  const all = new Set(named.map(({ address }) => address));
  // Nothing contradicts that it is this one.
  if (all.size === 1 && named.every(({ path }) => pathFrom('', path) === '' || /[*{]/.test(path))) known.add([...all][0] ?? '');
  return { known };
}

function addressesOf(definition: Definition, all: readonly Definition[]): readonly { address: string; path: string }[] {
  const fields = new Fields(definition);
  const { kind, apiVersion, metadata } = definition.object;
  if (apiVersion.startsWith('argoproj.io/')) return argoAddresses(definition);
  if (apiVersion.startsWith('steersman.dev/')) {
    const repo = fields.text(['spec', 'source', 'repo']);
    return repo === '' ? [] : [{ address: sameAddress(repo), path: fields.text(['spec', 'source', 'path']) }];
  }
  if (kind !== 'GitRepository') return [];
  const address = sameAddress(fields.text(['spec', 'url']));
  // What `flux bootstrap` writes into a repository is that repository.
  if (metadata.name === 'flux-system' && definition.origin.path.endsWith('/flux-system/gotk-sync.yaml'))
    return [{ address, path: definition.origin.path }];
  return all.flatMap((other) => {
    const its = new Fields(other);
    if (other.object.kind === 'Kustomization' && its.text(['spec', 'sourceRef', 'name']) === metadata.name)
      return [{ address, path: its.text(['spec', 'path']) }];
    if (other.object.kind === 'HelmRelease' && its.text(['spec', 'chart', 'spec', 'sourceRef', 'name']) === metadata.name)
      return [{ address, path: its.text(['spec', 'chart', 'spec', 'chart']) }];
    return [];
  });
}
