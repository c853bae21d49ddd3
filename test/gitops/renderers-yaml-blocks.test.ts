import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { readBlocks } from '../../src/gitops/yaml-blocks.ts';
import { parseWhole } from '../../src/gitops/yaml.ts';
import { corpus } from '../support/corpus.ts';

const resolve = (text: string): unknown => {
  const [document] = parseWhole(`v: ${text}\n`).documents;
  return (document?.value as { v?: unknown } | undefined)?.v;
};
const quick = (text: string) => readBlocks(text, resolve);

/** Text that is read here, and must be read as the whole reader reads it. */
const readable: readonly [string, string][] = [
  ['maps and lists', 'a:\n  b: c\n  d:\n    - e\n    -   f: g\n        h: i\n'],
  ['a list as far out as its key', 'a:\n- b\n- c:\n  - d\ne: f\n'],
  ['lists in lists', 'a:\n- - b\n  - c\n-\n  - d\n-\n- e\n'],
  ['documents, comments and empty lines', '# x\n\na: b # c\n# d\n---\n\ne: # f\n  # g\n  h: i\n--- \nj: k'],
  ['nothing as a value', 'a:\nb:\n  c:\nd: ~\ne: null\n'],
  [
    'numbers, truth values and text',
    'a: 1\nb: -1\nc: 1.5\nd: yes\ne: 0777\nf: 1Gi\ng: 10.0.0.0/8\nh: 1_000\ni: -\u00e4\nj: v1\nk: On\nl: .5\n',
  ],
  ['quoted scalars', `a: "b \\" # \\n c"\nb: 'it''s' # d\n"e.f/g": 'h: i'\n'j k': "1"\n"": x\n`],
  ['literal texts', 'a: |\n  b\n   c: d\n\n  # e\n\nf: |-\n  g\n\n  h\n\ni:\n- |\n  j\n# k\n- l\n'],
  ['a literal text within a list as far out as its key', 'a:\n- |\n j\nb: c\n'],
  ['empty collections', 'a: {}\nb: []\n'],
  ['signs within text', 'a: b:c\nd: e#f\ng: h, [i] {j} &k *l\nm: /n\no: $(p)\nq: r - s\n'],
  ['__proto__ as a key', '"__proto__":\n  a: b\n'],
  ['no end of the last line', 'a:\n  - b'],
];
test.each(readable)('%s are read as by the whole reader', (_name, text) => {
  const whole = parseWhole(text);
  expect(whole.problems).toEqual([]);
  expect(quick(text)).toEqual(whole.documents);
});

/** What is left to the whole reader, whether it is right or wrong. */
const left: readonly [string, string][] = [
  ['anchors', 'a: &x b\nc: *x\n'],
  ['tags', 'a: !!str 1\n'],
  ['flow collections', 'a: {b: c}\n'],
  ['text of many lines', 'a: b\n  c\n'],
  ['quoted text of many lines', 'a: "b\n  c"\n'],
  ['folded text', 'a: >\n  b\n'],
  ['a literal text with a header of its own', 'a: |2\n   b\n'],
  ['a literal text that begins empty', 'a: |\n\n  b\n'],
  ['a literal text without an end of its last line', 'a: |\n  b'],
  ['a key written twice', 'a: b\na: c\n'],
  ['a truth value as a key', 'y: a\n'],
  ['a number as a key', '1: a\n'],
  ['a merge', '<<: a\n'],
  ['a key of many words', '? a\n: b\n'],
  ['tabs', 'a:\tb\n'],
  ['line ends of Windows', 'a: b\r\n'],
  ['a map beside a scalar', 'a: b\n  c: d\n'],
  ['a map in a scalar', 'a: b: c\n'],
  ['a map less far out than its brother', 'a:\n    b: c\n  d: e\n'],
  ['an item below a scalar', 'a: b\n- c\n'],
  ['a scalar alone', 'a\n'],
  ['a list alone', '- a\n'],
  ['an empty document', '---\n---\na: b\n'],
  ['an empty file', '# a\n'],
  ['a directive', '%YAML 1.2\n---\na: b\n'],
  ['an end of a document', 'a: b\n...\n'],
  ['a value beside the marker', '--- a\n'],
  ['a number with too many digits', 'a: 9007199254740993\n'],
  ['a quote that does not end', 'a: "b\n'],
  ['a value that begins with a sign', 'a: @b\n'],
];
test.each(left)('%s are left to the whole reader', (_name, text) => {
  expect(quick(text)).toBeUndefined();
});

test('deeper than a manifest is left to the whole reader', () => {
  expect(quick(`a:\n${'- '.repeat(5000)}b\n`)).toBeUndefined();
});

describe.skipIf(corpus === undefined)('real manifests', () => {
  const files = (corpus === undefined ? [] : (readdirSync(corpus, { recursive: true }) as string[])).filter((name) =>
    /\.ya?ml$/.test(name),
  );
  it('are read as by the whole reader, most of them here', () => {
    let here = 0;
    for (const file of files) {
      const text = readFileSync(join(corpus as string, file), 'utf8');
      const documents = quick(text);
      if (documents === undefined) continue;
      here++;
      expect({ file, documents, problems: [] }).toEqual({ file, ...parseWhole(text) });
    }
    expect(here / files.length).toBeGreaterThan(0.5);
  });
});

/** A file with a line less, or a line further in or out, or signs put in: mostly wrong, or other than it was. */
function mutations(text: string): string[] {
  const lines = text.split('\n');
  const signs = [' ', '- ', '# ', '"', "'", ': ', '|', '&a ', '{', '%', '--- ', ' #', '\n', '?', '\\'];
  return lines.flatMap((line, at) => {
    const other = (...put: string[]) => [...lines.slice(0, at), ...put, ...lines.slice(at + 1)].join('\n');
    const middle = line.length >> 1;
    const put = signs.flatMap((sign) => [sign + line, line + sign, `${line.slice(0, middle)}${sign}${line.slice(middle)}`]);
    return [other(), other(line, line), other(line.slice(1)), other(line.slice(2)), other(`  ${line}`), ...put.map((one) => other(one))];
  });
}
test('what is read of a broken file is what the whole reader reads', () => {
  let here = 0;
  for (const [, text] of readable) {
    for (const broken of mutations(text)) {
      const documents = quick(broken);
      if (documents === undefined) continue;
      here++;
      expect({ broken, documents, problems: [] }).toEqual({ broken, ...parseWhole(broken) });
    }
  }
  expect(here).toBeGreaterThan(1000);
});
