import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { StatusError } from '../../src/api/status.ts';
import { deepFreeze } from '../../src/base/json.ts';
import { applyJsonPatch, applyPatch, mergePatch, mostOperations } from '../../src/schema/patch.ts';
import { corpus, corpusPath } from '../support/corpus.ts';

// RFC 7386, appendix A.
test.each([
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', '{}'],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'],
  ['{"a":"b"}', '["c"]', '["c"]'],
  ['{"a":"foo"}', 'null', 'null'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
  ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ['{"a":1}', '{"__proto__":{"polluted":true}}', '{"a":1,"__proto__":{"polluted":true}}'],
])('merging %s with %s gives %s', (target, patch, result) => {
  expect(JSON.stringify(mergePatch(deepFreeze(JSON.parse(target)), deepFreeze(JSON.parse(patch))))).toBe(result);
  expect('polluted' in {}).toBe(false);
});

interface Case {
  readonly comment?: string;
  readonly doc: unknown;
  readonly patch: unknown;
  readonly expected?: unknown;
  readonly error?: string;
  readonly disabled?: boolean;
}
/** Cases that we answer otherwise, and why. */
const exempt: Readonly<Record<string, string>> = {
  "patch has two 'op' members": 'the decoder finds members that are named twice, and the value here has only one left',
};
describe.skipIf(corpus === undefined)('the public JSON Patch suite', () => {
  const cases = (corpus === undefined ? [] : ['tests.json', 'spec_tests.json']).flatMap(
    (name) => JSON.parse(readFileSync(corpusPath('suites/json-patch-tests', name), 'utf8')) as Case[],
  );
  const named = cases
    .filter(({ disabled, patch }) => disabled !== true && patch !== undefined)
    .map((one) => [one.comment ?? one.error ?? JSON.stringify(one.patch), one] as const);
  it('is there', () => {
    expect(named.length).toBeGreaterThan(100);
  });

  test.each(named.filter(([, { error }]) => error === undefined || exempt[error] === undefined))(
    '%s',
    (_name, { doc, patch, expected, error }) => {
      const frozen = deepFreeze(doc);
      if (error !== undefined) expect(() => applyJsonPatch(frozen, patch)).toThrow(StatusError);
      else if (expected !== undefined) expect(applyJsonPatch(frozen, patch)).toEqual(expected);
      else expect(() => applyJsonPatch(frozen, patch)).not.toThrow();
    },
  );
});

describe('a patch that cannot be applied', () => {
  test.each([
    ['application/json-patch+json', {}, 'BadRequest', 'error decoding patch: a JSON patch is a list of operations, not a object'],
    ['application/json-patch+json', [{ op: 'spam', path: '/a' }], 'BadRequest', 'error decoding patch: operation 0: unknown op "spam"'],
    [
      'application/json-patch+json',
      [{ op: 'add', path: 'a', value: 1 }],
      'BadRequest',
      'error decoding patch: operation 0: "a" is no JSON pointer',
    ],
    [
      'application/json-patch+json',
      [{ op: 'test', path: '/a', value: 2 }],
      'Invalid',
      'the server rejected our request due to an error in our request: operation 0, test "/a": the value is another one',
    ],
    [
      'application/json-patch+json',
      [{ op: 'remove', path: '/b/c' }],
      'Invalid',
      'the server rejected our request due to an error in our request: operation 0, remove "/b/c": there is nothing at this path',
    ],
    ['application/merge-patch+json', [], 'BadRequest', 'error decoding patch: a merge patch is an object, not a list'],
  ])('of type %s: %j', (type, patch, reason, message) => {
    expect(() => applyPatch(type, { a: 1 }, patch)).toThrow(expect.objectContaining({ reason, message }) as Error);
  });

  it('leaves the object whole when its second operation fails', () => {
    const object = { a: 1 };
    expect(() =>
      applyJsonPatch(object, [
        { op: 'replace', path: '/a', value: 2 },
        { op: 'test', path: '/a', value: 3 },
      ]),
    ).toThrow(StatusError);
    expect(object).toEqual({ a: 1 });
  });

  it('cannot reach a prototype', () => {
    expect(() => applyJsonPatch({}, [{ op: 'add', path: '/__proto__/polluted', value: 1 }])).toThrow(StatusError);
    expect(() => applyJsonPatch({}, [{ op: 'add', path: '/constructor/prototype/polluted', value: 1 }])).toThrow(StatusError);
    expect('polluted' in {}).toBe(false);
  });

  it('may have ten thousand operations and no more', () => {
    const operations = (count: number) => Array.from({ length: count }, () => ({ op: 'test', path: '/a', value: 1 }));
    expect(applyJsonPatch({ a: 1 }, operations(mostOperations))).toEqual({ a: 1 });
    expect(() => applyJsonPatch({ a: 1 }, operations(mostOperations + 1))).toThrow(expect.objectContaining({ code: 413 }) as Error);
  });
});
