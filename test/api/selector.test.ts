import { describe, expect, it, test } from 'vitest';
import {
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  requirementsOf,
  SelectorError,
  selects,
  selectorText,
} from '../../src/api/selector.ts';

const labels = { app: 'web', tier: 'front', weight: '5' };
test.each([
  ['', true],
  ['app=web', true],
  ['app==web,tier!=back', true],
  ['app = web , tier in ( front , back )', true],
  ['app!=web', false],
  ['absent!=x', true],
  ['app notin (web)', false],
  ['absent notin (a,b)', true],
  ['absent in (a)', false],
  ['tier', true],
  ['!tier', false],
  ['!absent,app', true],
  ['weight>4,weight<6', true],
  ['weight>5', false],
  ['app>1', false],
  ['app=', false],
  ['absent in (,x)', false],
  ['in in (in),notin=x', false],
  ['example.com/part', false],
  ['constructor', false],
])('the selector %j on app=web,tier=front,weight=5 is %s', (text, matches) => {
  expect(matchesLabels(parseLabelSelector(text), labels)).toBe(matches);
});

test.each([
  ['a,', "found '', expected: identifier after ','"],
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ['a in x', "unable to parse requirement: found 'x', expected: '('"],
  ['a in (x', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['a=b c', "found 'c', expected: ',' or 'end of string'"],
  ['=a', "unable to parse requirement: found '=', expected: identifier"],
  ['a>x', "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"],
  ['/a', 'unable to parse requirement: key: Invalid value: "/a": prefix part must be non-empty'],
])('the selector %j is refused', (text, message) => {
  expect(() => parseLabelSelector(text)).toThrow(new SelectorError(message));
});

describe('the selector of an object', () => {
  const selector = {
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['front', 'back'] },
      { key: 'old', operator: 'DoesNotExist' },
    ],
  };

  it('selects by both of its parts', () => {
    expect(selects(selector, labels)).toBe(true);
    expect(selects(selector, { ...labels, old: '' })).toBe(false);
    expect(selects(selector, { app: 'web' })).toBe(false);
  });

  it('selects nothing when absent and everything when empty', () => {
    expect([selects(undefined, labels), selects({}, labels), selects({}, undefined)]).toEqual([false, true, true]);
  });

  it('reads the same from its text', () => {
    expect(selectorText(selector)).toBe('app=web,!old,tier in (back,front)');
    expect(parseLabelSelector(selectorText(selector)).map(({ key }) => key)).toEqual(requirementsOf(selector).map(({ key }) => key));
  });

  it('refuses an operator that does not exist', () => {
    expect(() => requirementsOf({ matchExpressions: [{ key: 'a', operator: 'Near' }] })).toThrow(
      '"Near" is not a valid label selector operator',
    );
  });
});

test.each([
  ['metadata.name=a', [{ field: 'metadata.name', operator: '=', value: 'a' }]],
  [
    'spec.nodeName==n1,status.phase!=Running,',
    [
      { field: 'spec.nodeName', operator: '=', value: 'n1' },
      { field: 'status.phase', operator: '!=', value: 'Running' },
    ],
  ],
  ['a=x\\,y\\=z\\\\', [{ field: 'a', operator: '=', value: 'x,y=z\\' }]],
  ['spec.nodeName=', [{ field: 'spec.nodeName', operator: '=', value: '' }]],
  ['', []],
])('the field selector %j', (text, requirements) => {
  expect(parseFieldSelector(text)).toEqual(requirements);
});

test.each(['name', 'a=b=c', 'a=b\\x'])('the field selector %j is refused', (text) => {
  expect(() => parseFieldSelector(text)).toThrow(SelectorError);
});
