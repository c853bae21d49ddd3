import { ReconcileError } from '../../reconcile/controller.ts';
import { nearest } from '../nearest.ts';
import type { GitObjects } from './git-objects.ts';
import { GitFailure, runGit } from './git-program.ts';
import { quoted, refused } from './paths.ts';
import { highestMatch, isRange } from './version-range.ts';

/** A revision found: the commit, and the name by which it is shown. */
export interface Found {
  readonly commit: string;
  readonly name: string;
}

/** @throws ReconcileError SourceRefused for a revision that could be an option or holds what no ref may hold */
export function checkRevision(revision: string): void {
  const sides = sidesOf(revision);
  if (sides !== undefined) return sides.forEach((side) => checkRevision(side));
  const base = isRange(revision) ? '' : splitSuffix(revision).base;
  const wrong =
    revision.startsWith('-') || /[\u0000-\u001f\u007f]/.test(revision) || /\.\.|@\{|[\s~^:?*[\\]|\/\/|\.lock$|\/$|^\//.test(base);
  if (wrong) throw refused(`${quoted(revision)} is no revision: name a branch, a tag, a range of versions or a commit`);
}

/**
 * The commit that a revision stands for: '' the default branch; else branch, tag, full ref, remote branch, commit id (4 digits or
 * more), range of versions over the tags; each but the range with `~2` or `^` behind it. `A...B` is the commit at which the two parted.
 * Undefined where there is none.
 */
export async function findRevision(objects: GitObjects, revision: string): Promise<Found | undefined> {
  checkRevision(revision);
  const sides = sidesOf(revision);
  if (sides !== undefined) return whereParted(objects, sides);
  const { base, suffix } = splitSuffix(revision);
  if (revision === '' || base === 'HEAD') return first(objects, [{ ref: 'HEAD', name: await headName(objects, revision) }], suffix);
  const candidates = [`refs/heads/${base}`, `refs/tags/${base}`, ...(base.startsWith('refs/') ? [base] : []), `refs/remotes/${base}`];
  const named =
    isRange(revision) && suffix !== ''
      ? undefined
      : await first(
          objects,
          candidates.map((ref) => ({ ref, name: revision })),
          suffix,
        );
  if (named !== undefined) return named;
  if (isRange(revision)) {
    const tag = highestMatch(revision, await refNames(objects, 'refs/tags/'));
    return tag === undefined ? undefined : first(objects, [{ ref: `refs/tags/${tag}`, name: tag }], '');
  }
  if (!/^[0-9a-f]{4,64}$/i.test(base)) return undefined;
  return first(objects, [{ ref: base.toLowerCase(), name: '' }], suffix);
}

/** The halves of `A...B`; an empty one is HEAD, as for git. */
function sidesOf(revision: string): readonly [string, string] | undefined {
  const [one, other, more] = revision.split('...');
  if (one === undefined || other === undefined || more !== undefined) return undefined;
  return [one === '' ? 'HEAD' : one, other === '' ? 'HEAD' : other];
}

/** @throws ReconcileError RevisionNotFound where they have no commit in common, as in a shallow clone */
async function whereParted(objects: GitObjects, sides: readonly [string, string]): Promise<Found | undefined> {
  const [one, other] = await Promise.all(sides.map((side) => findRevision(objects, side)));
  if (one === undefined || other === undefined) return undefined;
  try {
    const commit = (await runGit(objects.place, ['merge-base', one.commit, other.commit])).trim();
    return { commit, name: sides.join('...') };
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    const message = `${quoted(sides[0])} and ${quoted(sides[1])} have no commit in common here: a clone that is not whole cannot tell where they parted`;
    throw new ReconcileError('RevisionNotFound', message, { retry: false, cause: error });
  }
}

/** A sentence with what exists nearby. */
export async function revisionNotFound(objects: GitObjects, repo: string, revision: string): Promise<ReconcileError> {
  const names = (await refNames(objects, 'refs/heads/', 'refs/tags/')).sort();
  const what =
    revision === ''
      ? 'no default branch'
      : isRange(revision)
        ? `no tag in the range ${quoted(revision)}`
        : `no branch, tag or commit ${quoted(revision)}`;
  if (names.length === 0) return new ReconcileError('RevisionNotFound', `${repo} has ${what}: it has no commits yet`);
  const near = nearest(revision, names, 3);
  const hint =
    near.length > 0
      ? `did you mean ${near.map(quoted).join(' or ')}?`
      : `it has ${names.slice(0, 6).map(quoted).join(', ')}${names.length > 6 ? ` and ${names.length - 6} more` : ''}`;
  return new ReconcileError('RevisionNotFound', `${repo} has ${what}; ${hint}`);
}

async function first(
  objects: GitObjects,
  candidates: readonly { ref: string; name: string }[],
  suffix: string,
): Promise<Found | undefined> {
  const ids = await objects.find(candidates.map(({ ref }) => `${ref}${suffix}^{commit}`));
  const at = ids.findIndex((id) => id !== undefined);
  return at < 0 ? undefined : { commit: ids[at] as string, name: (candidates[at] as { name: string }).name };
}
/** What HEAD points at, short; HEAD itself when it points at a commit. */
async function headName(objects: GitObjects, revision: string): Promise<string> {
  if (revision !== '') return revision;
  const text = await runGit(objects.place, ['rev-parse', '--abbrev-ref', 'HEAD', '--']).catch(() => 'HEAD');
  return text.split('\n')[0] ?? 'HEAD';
}
async function refNames(objects: GitObjects, ...prefixes: string[]): Promise<string[]> {
  const text = await runGit(objects.place, ['for-each-ref', '--format=%(refname)', ...prefixes]);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((ref) => ref.replace(/^refs\/(heads|tags)\//, ''));
}
function splitSuffix(revision: string): { base: string; suffix: string } {
  const match = /^([^~^]+)((?:[~^]\d*)*)$/.exec(revision);
  return match === null ? { base: revision, suffix: '' } : { base: match[1] as string, suffix: match[2] as string };
}
