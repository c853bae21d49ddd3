import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';
import { sourceText } from '../support/sources.ts';

/** Modules that are loaded with a file: what it imports, and what they import; not what is imported when it is needed. */
function loadedWith(path: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const text = sourceText(path);
  for (const [, target = ''] of text.matchAll(/^(?:import(?! type)|export)[^;'"]*?from '(\.[^']+)';/gm)) {
    loadedWith(normalize(join(dirname(path), target)), seen);
  }
  return seen;
}
/** Of these rooms those that are loaded with a file. */
function roomsWith(path: string, rooms: readonly string[]): readonly string[] {
  const loaded = new Set([...loadedWith(path)].map((module) => module.split('/')[1]));
  expect(loaded.size).toBeGreaterThan(3);
  return rooms.filter((room) => loaded.has(room));
}
const running = ['agent', 'controllers', 'forecast', 'forges', 'proxy', 'scheduler'];

it('the command line loads no cluster, no engine and no forecast before a command asks for one', () => {
  expect(roomsWith('src/main.ts', [...running, 'apiserver', 'gitops', 'review', 'store'])).toEqual([]);
});

it('a plan loads nothing that runs pods, and no forecast before it is asked for', () => {
  expect(roomsWith('src/cli/work/plan.ts', running)).toEqual([]);
});
