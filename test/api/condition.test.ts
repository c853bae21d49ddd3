import { expect, it } from 'vitest';
import { findCondition, isTrue, withCondition, withoutCondition, type Condition } from '../../src/api/condition.ts';

const ready: Condition = { type: 'Ready', status: 'True', reason: 'Up', lastTransitionTime: 't0' };

it('a condition keeps its time while its status stays', () => {
  expect(withCondition([ready], { type: 'Ready', status: 'True', reason: 'Fine' }, 't1')).toEqual([{ ...ready, reason: 'Fine' }]);
});
it('a condition takes the time when its status changes, in its old place', () => {
  const other: Condition = { type: 'Other', status: 'True' };
  expect(withCondition([ready, other], { type: 'Ready', status: 'False' }, 't1')).toEqual([
    { ...ready, status: 'False', lastTransitionTime: 't1' },
    other,
  ]);
});
it('a condition that is set again unchanged gives the same array', () => {
  const conditions = [ready];
  expect(withCondition(conditions, { type: 'Ready', status: 'True', reason: 'Up' }, 't9')).toBe(conditions);
});
it('a new condition comes last and others can be found and left out', () => {
  const conditions = withCondition([ready], { type: 'New', status: 'Unknown' }, 't1');
  expect(conditions.map(({ type }) => type)).toEqual(['Ready', 'New']);
  expect(findCondition(conditions, 'New')).toEqual({ type: 'New', status: 'Unknown', lastTransitionTime: 't1' });
  expect([isTrue(conditions, 'Ready'), isTrue(conditions, 'New'), isTrue(undefined, 'New')]).toEqual([true, false, false]);
  expect(withoutCondition(conditions, 'Ready').map(({ type }) => type)).toEqual(['New']);
});
