import { basename, dirname, join } from 'node:path';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { listFolders } from './floors.ts';
import { importsOf, root, sourceFiles, sourceText } from '../support/sources.ts';

describe('lists', () => {
  it.each(listFolders)('%s has an index that reaches every file in it', (folder) => {
    expect(existsSync(join(root, folder, 'index.ts'))).toBe(true);
    const files = sourceFiles(folder).filter((path) => dirname(path) === folder);
    const reached = new Set<string>();
    const visit = (path: string) => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const target of importsOf(path)) {
        const there = join(dirname(path), target);
        if (target.startsWith('.') && there.startsWith(`${folder}/`)) visit(there);
      }
    };
    visit(join(folder, 'index.ts'));
    expect(files.filter((path) => !reached.has(path))).toEqual([]);
  });

  it('gives no file a name without an edge', () => {
    const vague = /^(utils?|helpers?|common|misc|types|constants|manager)$/;
    expect([...sourceFiles('src'), ...sourceFiles('test')].filter((path) => vague.test(basename(path, '.ts')))).toEqual([]);
  });

  it('keeps half of the files under 100 lines', () => {
    const lengths = sourceFiles('src')
      .filter((path) => !path.endsWith('.generated.ts'))
      .map((path) => sourceText(path).split('\n').length)
      .sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(100);
  });
});
