import { expect, it } from 'vitest';
import { changedFiles } from '../../src/review/changed-files.ts';
import type { Artifact } from '../../src/gitops/source.ts';

/** Files by path; what is a link is written so. */
function tree(files: Readonly<Record<string, string>>): Artifact {
  const listed = Object.entries(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, digest]) => ({ path, digest, sizeBytes: 1, ...(digest.startsWith('->') ? { special: 'link' as const } : {}) }));
  return { list: () => Promise.resolve(listed) } as unknown as Artifact;
}
const same = { 'z/same.yaml': '1', 'm/same.yaml': '1' };

it.each([
  ['nothing', {}, {}, []],
  ['a changed file', { 'a/b/c.yaml': '1' }, { 'a/b/c.yaml': '2' }, ['', 'a', 'a/b', 'a/b/c.yaml']],
  ['a file that comes', {}, { 'n/c.yaml': '2' }, ['', 'n', 'n/c.yaml']],
  ['a file that goes', { 'zz.yaml': '1' }, {}, ['', 'zz.yaml']],
  ['a file that becomes a folder', { 'a/b': '1' }, { 'a/b/c.yaml': '1' }, ['', 'a', 'a/b', 'a/b/c.yaml']],
  ['a file that becomes a link', { 'a/b': '->x' }, { 'a/b': '1' }, ['', 'a', 'a/b']],
] as const)('%s differs in its path and in each folder above it', async (_what, base, head, paths: readonly string[]) => {
  const files = await changedFiles(tree({ ...same, ...base }), tree({ ...same, ...head }));
  const asked = ['', 'a', 'a/b', 'a/b/c.yaml', 'a/bb', 'm', 'n', 'n/c.yaml', 'z', 'zz.yaml', 'b'];
  expect(asked.filter((path) => files?.under(path) === true)).toEqual(paths);
  expect(files?.under('./a//b/')).toBe(paths.includes('a/b'));
});

it('a folder is plain where no kustomization or chart lies below it, at either revision', async () => {
  const files = await changedFiles(
    tree({ ...same, 'a/x/Chart.yaml': '1' }),
    tree({ ...same, 'b/kustomization.yml': '1', 'c/x.yaml': '1' }),
  );
  expect(['', 'a', 'a/x', 'b', 'c', 'm', 'a/y'].filter((path) => files?.plain(path) === true)).toEqual(['c', 'm', 'a/y']);
});
