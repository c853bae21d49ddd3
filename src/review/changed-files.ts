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
  const changed = differing(before, after);
  const namedBelow = below([...before, ...after].flatMap(({ path }) => (naming.test(path) ? [path] : [])));
  return { under: below(changed), plain: (path) => !namedBelow(path) };
}
/** Whether one of the files is the path, or lies below it. */
function below(files: readonly string[]): (path: string) => boolean {
  const all = new Set<string>(files);
  for (const file of files) for (let at = file; at !== '' && !all.has((at = folderOf(at)));) all.add(at);
  if (all.size === 0) return () => false;
  return (path) => all.has(path) || all.has(cleaned(path));
}
function cleaned(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}
function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}
/** Both in the order of their paths. */
function differing(before: readonly ArtifactFile[], after: readonly ArtifactFile[]): string[] {
  const out: string[] = [];
  let [old, now] = [0, 0];
  while (old < before.length || now < after.length) {
    const [gone, come] = [before[old], after[now]];
    if (gone === undefined || (come !== undefined && come.path < gone.path)) {
      if (come !== undefined) out.push(come.path);
      now++;
    } else if (come === undefined || gone.path < come.path) {
      out.push(gone.path);
      old++;
    } else {
      if (gone.digest !== come.digest || gone.special !== come.special) out.push(come.path);
      old++;
      now++;
    }
  }
  return out;
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
