import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { Kept } from '../../src/gitops/rendering/kept.ts';
import type { Made } from '../../src/gitops/rendering/made.ts';
import { SubstitutionError, substituteText } from '../../src/gitops/rendering/substitute.ts';
import { scratchFolder } from '../support/render-tools.ts';

const made = (text: string): Made => ({ objects: [{ object: { text }, path: 'a.yaml' }], notes: [] });
const never = () => Promise.reject(new Error('it was made again'));

describe('what is kept of renders', () => {
  it('is found by its key, by another process too', async () => {
    const directory = scratchFolder();
    await new Kept({ clock: realClock(), directory }).get('one', () => Promise.resolve(made('1')));
    expect(await new Kept({ clock: realClock(), directory }).get('one', never)).toEqual(made('1'));
    await expect(new Kept({ clock: realClock(), directory }).get('two', never)).rejects.toThrow('it was made again');
  });

  it('is nothing that differs each time or was encrypted', async () => {
    const directory = scratchFolder();
    const kept = new Kept({ clock: realClock(), directory });
    await kept.get('one', () => Promise.resolve({ ...made('1'), changing: true }));
    await kept.get('two', () => Promise.resolve({ ...made('2'), inClear: true }));
    expect(readdirSync(directory)).toEqual([]);
  });

  it('goes when it was not used for longest and all is over the limit', async () => {
    const directory = scratchFolder();
    const keep = (key: string) =>
      new Kept({ clock: realClock(), directory, limitBytes: 3500 }).get(key, () => Promise.resolve(made('x'.repeat(900))));
    const files = () => readdirSync(directory);
    await keep('old');
    const [old] = files() as [string];
    utimesSync(join(directory, old), 1000, 1000);
    for (const key of ['b', 'c', 'd']) await keep(key);
    expect(files()).not.toContain(old);
    expect(files().length).toBeGreaterThan(1);
    expect(files().reduce((sum, file) => sum + statSync(join(directory, file)).size, 0)).toBeLessThan(3500);
  });

  it('is made again where somebody altered it', async () => {
    const directory = scratchFolder();
    const kept = new Kept({ clock: realClock(), directory });
    await kept.get('one', () => Promise.resolve(made('1')));
    const file = join(directory, readdirSync(directory)[0] as string);
    const bytes = readFileSync(file);
    bytes[40] = (bytes[40] as number) ^ 1;
    writeFileSync(file, bytes);
    expect(await kept.get('one', () => Promise.resolve(made('2')))).toEqual(made('2'));
    expect(await kept.get('one', never)).toEqual(made('2'));
  });
});

describe('variables of Flux', () => {
  const variables = { host: 'Shop', empty: '', path: 'a/b/a' };
  it.each([
    ['${host}.example.org', 'Shop.example.org'],
    ['$host ${host}', '$host Shop'],
    ['$${host} ${host}', '${host} Shop'],
    ['${gone:=none} ${gone:-none} ${empty:=none} ${empty=none}', 'none none none '],
    ['${gone:=${host}-x}', 'Shop-x'],
    ['${host^^} ${host,,} ${host,} ${#host}', 'SHOP shop shop 4'],
    ['${host:1} ${host:1:2}', 'hop ho'],
    ['${path/a/z} ${path//a/z} ${path#a/} ${path%/a}', 'z/b/a z/b/z b/a a/b'],
    ['${gone}', '${gone}'],
    ['{ "json": {} }', '{ "json": {} }'],
  ])('%s becomes %s', (text, expected) => {
    expect(substituteText(text, variables, () => undefined)).toBe(expected);
  });
  it.each(['${host', '${1st}', '${host!x}', '${}'])('%s is an error', (text) => {
    expect(() => substituteText(text, variables, () => undefined)).toThrow(SubstitutionError);
  });
  it('tells of names without a value', () => {
    const names: string[] = [];
    substituteText('${gone} ${host} ${gone:-x} ${other^^}', variables, (name) => names.push(name));
    expect(names).toEqual(['gone', 'other']);
  });
});
