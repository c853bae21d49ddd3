import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { DecodeError, decodeJson, decodeYaml } from '../../src/schema/decode.ts';
import { duplicateMembers } from '../../src/schema/duplicate-members.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('decodeJson', () => {
  it('reads any JSON without finding duplicates', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(decodeJson(bytes(text))).toEqual({ value: JSON.parse(text) as unknown, duplicates: [] });
      }),
    );
  });

  test.each([
    ['{"a":1,"a":2}', ['a']],
    ['{"a":{"b":[{"c":1},{"c":1,"d":{},"c":2}]}}', ['a.b[1].c']],
    ['{"a":1,"\\u0061":2,"a":3}', ['a', 'a']],
    ['{"x":"a:b{\\"","x":[":"]}', ['x']],
  ])('finds what %s names twice', (text, duplicates) => {
    const decoded = decodeJson(bytes(text));
    expect([decoded.value, decoded.duplicates.map(({ path }) => path)]).toEqual([JSON.parse(text), duplicates]);
  });

  it('tells the members of such a text in order, and the lines where they are named again', () => {
    expect(decodeJson(bytes('{"a":1,\n"b":{"c":1,\n\n"c":2},"a":3}'))).toEqual({
      value: { a: 3, b: { c: 2 } },
      duplicates: [
        { path: 'b.c', name: 'c', line: 4 },
        { path: 'a', name: 'a', line: 4 },
      ],
      members: ['a', 'b', 'b.c', 'b.c', 'a'],
    });
  });

  test.each([
    ['', 'the body is empty'],
    ['{"password":"hunter2",}', 'the body is no JSON: error at position 22'],
    [`${'['.repeat(1001)}${']'.repeat(1001)}`, 'the body is nested more than 1000 deep'],
  ])('refuses %.30s without repeating it', (text, message) => {
    expect(() => decodeJson(bytes(text))).toThrow(new DecodeError(message));
  });

  it('keeps __proto__ a member', () => {
    const { value } = decodeJson(bytes('{"__proto__":{"a":1}}'));
    expect(Object.keys(value as object)).toEqual(['__proto__']);
  });

  it('finds duplicates beside a string of megabytes', () => {
    const { duplicates } = duplicateMembers(`{"a":"${'x\\n'.repeat(1_000_000)}","b":1,"b":2}`);
    expect(duplicates).toEqual([{ path: 'b', name: 'b', line: 1 }]);
  });
});

describe('decodeYaml', () => {
  it('reads booleans, numbers and times as Kubernetes does', () => {
    const text = 'a: yes\nb: off\nc: 0777\nd: 1e3\ne: 22:22\nf: 2026-01-02\ng: "1"\nh: ~\ni: [a, b]\n';
    expect(decodeYaml(bytes(text)).value).toEqual({
      a: true,
      b: false,
      c: 511,
      d: 1000,
      e: '22:22',
      f: '2026-01-02',
      g: '1',
      h: null,
      i: ['a', 'b'],
    });
  });

  it('reads JSON', () => {
    expect(decodeYaml(bytes(' {"a":1,"a":2}'))).toMatchObject({ value: { a: 2 }, duplicates: [{ path: 'a', name: 'a', line: 1 }] });
  });

  it('reads a flow mapping that is no JSON', () => {
    expect(decodeYaml(bytes('{a: 1, b: [x]}')).value).toEqual({ a: 1, b: ['x'] });
  });

  it('names keys that stand twice', () => {
    expect(decodeYaml(bytes('a: 1\nb:\n- c: 1\n- c: 1\n  c: 2\n'))).toEqual({
      value: { a: 1, b: [{ c: 1 }, { c: 2 }] },
      duplicates: [{ path: 'b[1].c', name: 'c', line: 5 }],
    });
  });

  it('merges what is merged by <<', () => {
    expect(decodeYaml(bytes('a: &x {k: 1}\nb:\n  <<: *x\n  l: 2\n')).value).toEqual({ a: { k: 1 }, b: { k: 1, l: 2 } });
  });

  test.each([
    [
      'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n',
    ],
    ['a: [1\n'],
    ['a: 1\n---\nb: 2\n'],
    ['a: .inf\n'],
    ['- '.repeat(20_000)],
    ['a: {b}\n{c}: 1\n'],
    ['? {c: 1}\n: 1\n'],
    [`${'[ '.repeat(1001)}${']'.repeat(1001)}`],
  ])('refuses %.40j', (text) => {
    expect(() => decodeYaml(bytes(text))).toThrow(DecodeError);
  });
});
