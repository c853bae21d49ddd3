import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CatFile } from '../../src/gitops/sources/cat-file.ts';
import { tempFolder, workRepository } from '../support/git-servers.ts';

it('a reader of a repository answers what it was asked, and starts no program once it was disposed of', async () => {
  using folder = tempFolder();
  const repository = workRepository(folder.path);
  const id = repository.commit({ 'a.yaml': 'a: 1' });
  const reader = new CatFile({ gitDir: join(folder.path, '.git'), environment: { PATH: process.env['PATH'] ?? '' } }, '--batch-check');
  expect(await reader.ask(['HEAD', 'nothing'])).toEqual([expect.objectContaining({ id, type: 'commit' }), undefined]);
  const asked = reader.ask(['HEAD']);
  reader[Symbol.dispose]();
  expect(await asked).toEqual([expect.objectContaining({ id })]);
  await expect(reader.ask(['HEAD'])).rejects.toThrow(/is no longer read$/);
});
