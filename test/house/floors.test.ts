import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inputOutput, listFolders, outsideModules, rooms } from './floors.ts';
import { importsOf, sourceFiles } from '../support/sources.ts';

const files = sourceFiles('src').filter((path) => path.split('/').length > 2);
const roomOf = (path: string) => path.split('/')[1] as string;

/** Breaches of the table as sentences. */
function breaches(path: string): string[] {
  const room = roomOf(path);
  const out: string[] = [];
  for (const target of importsOf(path)) {
    if (target.startsWith('.')) {
      const there = roomOf(normalize(join(dirname(path), target)));
      if (there !== room && !(rooms[room] ?? []).includes(there)) out.push(`${path}: the room ${room} may not import ${there}`);
    }
    const node = target.startsWith('node:') ? target.slice(5) : target;
    if (outsideModules.includes(node) && !(inputOutput[room] ?? []).includes(node)) {
      out.push(`${path}: the room ${room} does no I/O by node:${node}`);
    }
  }
  return out;
}

describe('the floors of the house', () => {
  it('has a row for every room', () => {
    expect([...new Set(files.map((path) => roomOf(path)))].filter((room) => !(room in rooms))).toEqual([]);
  });
  it('lets every row name only rooms below it', () => {
    const order = Object.keys(rooms);
    const upward = order.flatMap((room, at) =>
      (rooms[room] ?? []).filter((other) => order.indexOf(other) >= at).map((other) => `${room} -> ${other}`),
    );
    expect(upward).toEqual([]);
  });
  it('is kept by every import', () => {
    expect(files.flatMap((path) => breaches(path))).toEqual([]);
  });
  it('leaves sub-folders private to their room', () => {
    const outside = files.flatMap((path) =>
      importsOf(path)
        .filter((target) => target.startsWith('.'))
        .map((target) => normalize(join(dirname(path), target)))
        .filter((there) => roomOf(there) !== roomOf(path) && there.split('/').length > 3)
        .filter((there) => !listFolders.some((folder) => there === `${folder}/index.ts`))
        .map((there) => `${path} imports ${there}`),
    );
    expect(outside).toEqual([]);
  });
});
