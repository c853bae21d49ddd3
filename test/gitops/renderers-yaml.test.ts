import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { parseYaml, positionsOf } from '../../src/gitops/yaml.ts';
import { corpus, corpusPath } from '../support/corpus.ts';
import { hasProgram, tempFolder } from '../support/git-servers.ts';

const value = (text: string) => {
  const { documents, problems } = parseYaml(text);
  expect(problems).toEqual([]);
  return documents[0]?.value;
};
const problem = (text: string) => {
  const [first] = parseYaml(text).problems;
  return first === undefined ? undefined : `${first.line}:${first.column}: ${first.message}`;
};

/** Written form and what Kubernetes reads; kubectl is asked the same below. */
const readings: readonly [string, unknown][] = [
  ['yes', true],
  ['on', true],
  ['NO', false],
  ['y', true],
  ['n', false],
  ['off', false],
  ['"yes"', 'yes'],
  ['0777', 511],
  ['0o777', 511],
  ['0b11', 3],
  ['08', 8],
  ['1_000', 1000],
  ['1e3', 1000],
  ['.5', 0.5],
  ['+1', 1],
  ['0x1F', 31],
  ['-0x1F', -31],
  ['22:22', '22:22'],
  ['190:20:30.15', '190:20:30.15'],
  ['2001-01-01', '2001-01-01'],
  ['2001-12-14t21:59:43.10-05:00', '2001-12-14t21:59:43.10-05:00'],
  ['1E400', '1E400'],
  ['~', null],
  ['Null', null],
  ['1.', 1],
  ['1_000.5', 1000.5],
  ['-0', 0],
  ['1e-7', 1e-7],
  ['0o8', '0o8'],
  ['1__0', 10],
  ['_1', '_1'],
  ['!!binary aGVsbG8=', 'hello'],
  ['!!str 12', '12'],
  ['!!int "3"', 3],
  ['!!float 3', 3],
  ['!foo bar', 'bar'],
  ['!!timestamp 2001-01-01', '2001-01-01'],
  ['!!set {x, y}', { true: null, x: null }],
  ['!!omap [{x: 1}]', [{ x: 1 }]],
  ['<<', '<<'],
  ['=', '='],
  ['{1.5: a, 12: b, 0x10: c, 1e3: d, no: e}', { '1.5': 'a', 12: 'b', 16: 'c', 1000: 'd', false: 'e' }],
  ['{a: &m {x: 1, z: 1}, b: {<<: *m, z: 2}}', { a: { x: 1, z: 1 }, b: { x: 1, z: 2 } }],
  ['{a: &m {x: 1}, b: {<<: [*m, {x: 9, z: 3}]}}', { a: { x: 1 }, b: { x: 1, z: 3 } }],
  ['100000000000000000000', 1e20],
  ['"a\\x00\\u263a"', 'a\0☺'],
];

test.each(readings)('%s is read as Kubernetes reads it', (written, expected) => {
  expect(value(`v: ${written}`)).toEqual({ v: expected });
});

test.skipIf(!hasProgram('kubectl'))('kubectl reads the same', () => {
  using folder = tempFolder();
  const file = join(folder.path, 'x.yaml');
  const lines = readings.map(([written], at) => `  k${at}: ${written}`);
  writeFileSync(file, `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n${lines.join('\n')}\n`);
  const said = execFileSync('kubectl', ['label', '--local', '-f', file, 'a=b', '-o', 'json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  }).toString();
  const { data } = JSON.parse(said) as { data: Record<string, unknown> };
  expect(Object.values(data).length).toBe(readings.length);
  readings.forEach(([written, expected], at) => expect({ written, value: data[`k${at}`] }).toEqual({ written, value: expected }));
});

test.each<[string, string, string]>([
  ['a key written twice', 'a: 1\nb:\n  c: 1\n  c: 2\n', '4:3: the key "c" is written twice'],
  ['a key that is empty', '~: 1', '1:1: a key is empty'],
  ['a list as a key', '[a]: 1', '1:1: a key is a map or a list, which JSON does not have'],
  ['infinity', 'a: .inf', '1:4: .inf is no number that JSON has: quote it'],
  [
    'a number with too many digits',
    'a: 9007199254740993',
    '1:4: 9007199254740993 has more digits than a number can keep here (2^53): quote it',
  ],
  ['broken base64', 'a: !!binary "%%"', '1:4: this is not base64, which !!binary asks for'],
  ['an alias of nothing', 'a: *x', '1:4: the alias *x stands for nothing: no anchor &x before it'],
  ['an alias of itself', 'a: &x [*x]', '1:8: the alias *x stands for nothing: no anchor &x before it'],
  ['a merge of a number', '<<: 3', '1:1: a merge key (<<) takes a map or a list of maps'],
  ['a tab as indentation', 'a:\n\tb: 1', '2:1: Tabs are not allowed as indentation'],
  ['a control character', 'a: 1\nb: \u0007', '2:4: control character U+0007, which YAML does not allow'],
  ['another version of YAML', '%YAML 1.2\n---\na: yes\n', '1:1: Kubernetes reads YAML 1.1 only: remove the %YAML directive'],
])('%s is a problem with its place', (_name, text, expected) => {
  expect(problem(text)).toBe(expected);
});

describe('hostile YAML', () => {
  it('refuses an alias bomb at once', () => {
    const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x]'];
    for (let at = 1; at < 9; at++) lines.push(`a${at}: &a${at} [${Array.from({ length: 9 }, () => `*a${at - 1}`).join(',')}]`);
    const begun = performance.now();
    expect(problem(lines.join('\n'))).toMatch(/^6:\d+: aliases unfold to more than 100,000 values: refused as an alias bomb$/);
    expect(performance.now() - begun).toBeLessThan(1000);
  });
  it('refuses a long text that aliases multiply', () => {
    expect(problem(`a: &a ${'x'.repeat(1_000_000)}\nb: [${Array.from({ length: 1000 }, () => '*a').join(',')}]`)).toMatch(/alias bomb/);
  });
  it.each([300, 1000, 50_000])('refuses %i nested lists', (depth) => {
    expect(problem('['.repeat(depth))).toMatch(/nested more than 200 levels deep|must/);
    expect(problem(`${'- '.repeat(Math.min(depth, 5000))}a`)).toMatch(/nested more than 200 levels deep/);
  });
  it('keeps __proto__ a key like any other', () => {
    const read = value('__proto__: {polluted: true}\nconstructor: x\n') as Record<string, unknown>;
    expect(Object.keys(read)).toEqual(['__proto__', 'constructor']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
  it('reads a map of 20,000 keys in reasonable time', () => {
    const begun = performance.now();
    expect(Object.keys(value(Array.from({ length: 20_000 }, (_, at) => `k${at}: v`).join('\n')) as object).length).toBe(20_000);
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});

test('every path has its place: scalars at themselves, maps and lists at their key, what is absent at its parent', () => {
  const find = positionsOf('a: 1\n---\nspec:\n  list:\n  - name: x\n    port: 80\n  base: &b {deep: 1}\n  copy: *b\n');
  expect(find(1, ['spec', 'list', 0, 'port'])).toEqual({ line: 6, column: 11 });
  expect(find(1, ['spec', 'list'])).toEqual({ line: 4, column: 3 });
  expect(find(1, ['spec', 'list', 0, 'absent', 'more'])).toEqual({ line: 5, column: 5 });
  expect(find(1, ['spec', 'copy', 'deep'])).toEqual({ line: 7, column: 19 });
  expect(find(1, ['other'])).toEqual({ line: 3, column: 1 });
  expect(find(0, ['a'])).toEqual({ line: 1, column: 4 });
});

/** Cases of the public suite that are read otherwise, and why. */
const directive = 'names YAML 1.2, which Kubernetes refuses';
const version11 = 'YAML 1.1, as Kubernetes reads it';
const lenient = 'the reader takes it, and no value is lost';
const exemptions: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['27NA', '6ZKB', '9DXL', 'DK95-7', 'RTP8', 'W4TN'].map((id) => [id, directive])),
  '565N': `${version11}: !!binary is decoded`,
  C4HZ: `${version11}: y is true, also as a key`,
  '9MMA': `${lenient}: a directive and no document`,
  QLJ7: `${lenient}: a %TAG that later documents use too`,
  'SM9W-1': 'JSON has no key that is null',
  HWV9: 'an empty document counts as one that holds nothing',
  QT73: 'an empty document counts as one that holds nothing',
  M7A3: 'an empty document counts as one that holds nothing',
  'UKK6-2': 'the tag ! alone makes text of nothing',
};

interface SuiteCase {
  readonly name?: string;
  readonly yaml?: string;
  readonly json?: string;
  readonly fail?: boolean;
  readonly skip?: boolean;
}
/** The suite writes white space as letters one can see. */
function visible(text: string): string {
  return text
    .replaceAll('␣', ' ')
    .replace(/—*»/g, '\t')
    .replaceAll('↵', '')
    .replaceAll('∎\n', '')
    .replaceAll('←', '\r')
    .replaceAll('⇔', '\uFEFF');
}
function jsonValues(text: string): unknown[] {
  const out: unknown[] = [];
  let part = '';
  for (const line of `${text}\n`.split('\n')) {
    part += `${line}\n`;
    if (part.trim() === '') continue;
    try {
      out.push(JSON.parse(part));
      part = '';
    } catch {
      continue; // The value goes on in the next line.
    }
  }
  return out;
}

describe.skipIf(corpus === undefined)('the public YAML suite', () => {
  const folder = corpus === undefined ? '' : corpusPath('suites/yaml-test-suite/src');
  const cases = (corpus === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.yaml'))).flatMap((file) => {
    let last: SuiteCase = {};
    return (parse(readFileSync(join(folder, file), 'utf8')) as SuiteCase[]).map((one, at) => {
      last = { ...last, ...one };
      return {
        id: `${file.slice(0, -5)}${at === 0 ? '' : `-${at}`}`,
        ...last,
        fail: one.fail ?? false,
        json: one.json ?? (at === 0 ? undefined : last.json),
      };
    });
  });
  const failures: string[] = [];
  it('agrees but for the cases exempted by name', () => {
    for (const one of cases.filter((each) => each.skip !== true && each.yaml !== undefined)) {
      const { documents, problems } = parseYaml(visible(one.yaml as string));
      let wrong: string | undefined;
      if (one.fail === true) wrong = problems.length === 0 ? 'should not parse' : undefined;
      else if (one.json === undefined) continue;
      else if (problems.length > 0) wrong = problems[0]?.message;
      else {
        try {
          expect(documents.map((document) => document.value)).toEqual(jsonValues(one.json));
        } catch {
          wrong = `read as ${JSON.stringify(documents.map((document) => document.value))}, not ${one.json}`;
        }
      }
      if (wrong !== undefined && exemptions[one.id] === undefined) failures.push(`${one.id}: ${wrong}`);
      if (wrong === undefined && exemptions[one.id] !== undefined) failures.push(`${one.id}: is exempted without need`);
    }
    expect(failures).toEqual([]);
  });
});
