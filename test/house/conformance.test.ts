import { describe, expect, it } from 'vitest';
import { readBehaviours } from '../conformance/behaviours.ts';
import { sourceFiles, sourceText } from '../support/sources.ts';

const behaviours = readBehaviours();
const tested = behaviours.filter(({ untested }) => untested === undefined).map(({ name }) => name);

/** The names of the tests of a file, as they are written: those of behaviours begin with the mark of their group. */
function testsOf(path: string): string[] {
  const calls = /\bit\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g;
  return [...sourceText(path).matchAll(calls)].map((match) => ((match[1] ?? match[2]) as string).replaceAll(/\\(.)/g, '$1'));
}

describe('the list of conformance behaviours', () => {
  it('names each behaviour once', () => {
    const names = behaviours.map(({ name }) => name);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it('says tested of those that have a test of their name, and of no other', () => {
    const files = sourceFiles('test/conformance').filter((path) => path.endsWith('.test.ts'));
    expect(files.flatMap(testsOf).sort()).toEqual([...tested].sort());
  });

  it('is counted in the README', () => {
    const within = behaviours.filter(({ untested }) => untested?.beyond !== true);
    const sentence = /Of the (\d+) conformance behaviours of Kubernetes 1\.35, (\d+) can be shown [^:]+: (\d+) of these have a test/;
    const [, ...counts] = sentence.exec(sourceText('README.md').replaceAll(/\s+/g, ' ')) ?? [];
    expect(counts).toEqual([behaviours, within, tested].map((list) => String(list.length)));
  });
});
