import type { Artifact, ArtifactFile } from '../gitops/source.ts';
import { ReconcileError } from '../reconcile/controller.ts';

/** Which files differ between two trees. */
export interface ChangedFiles {
  /** True where some file below the path differs. */
  under(path: string): boolean;
  /** True where no kustomization or chart lies below the path at either revision: rendering it reads nothing outside. */
  plain(path: string): boolean;
}

const naming = /(^|\/)(kustomization\.ya?ml|Kustomization|Chart\.ya?ml)$/;

/** Undefined where a tree is too large to be listed as a whole. */
export async function changedFiles(base: Artifact, head: Artifact): Promise<ChangedFiles | undefined> {
  const [before, after] = [await listed(base), await listed(head)];
  if (before === undefined || after === undefined) return undefined;
  const digests = new Map(before.map((file) => [file.path, identity(file)]));
  const changed: string[] = [];
  for (const file of after) {
    if (digests.get(file.path) !== identity(file)) changed.push(file.path);
    digests.delete(file.path);
  }
  const there = new Set(after.map(({ path }) => path));
  changed.push(...[...digests.keys()].filter((path) => !there.has(path)));
  const named = [...before, ...after].map(({ path }) => path).filter((path) => naming.test(path));
  return {
    under: (path) => changed.some((file) => isBelow(file, path)),
    plain: (path) => !named.some((file) => isBelow(file, path)),
  };
}
function isBelow(file: string, path: string): boolean {
  const folder = path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  return folder === '' || file === folder || file.startsWith(`${folder}/`);
}
function identity({ digest, special }: ArtifactFile): string {
  return `${special ?? 'file'} ${digest}`;
}

async function listed(artifact: Artifact): Promise<readonly ArtifactFile[] | undefined> {
  try {
    return await artifact.list('');
  } catch (error) {
    // Over a limit, or a link that leaves it: then each path is looked at by itself.
    if (error instanceof ReconcileError) return undefined;
    throw error;
  }
}
