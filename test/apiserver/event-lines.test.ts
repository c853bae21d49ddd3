import { expect, it } from 'vitest';
import { EventLines } from '../../src/apiserver/event-lines.ts';

it('lines are made once and forgotten when there are too many', () => {
  const lines = new EventLines(100);
  const made: string[] = [];
  const line = (owner: object, name: string) => lines.of(owner, name, () => (made.push(name), new Uint8Array(40)));
  const [a, b, c] = [{}, {}, {}];
  expect(line(a, 'a')).toBe(line(a, 'a'));
  line(b, 'b');
  line(c, 'c');
  line(a, 'a again');
  expect(made).toEqual(['a', 'b', 'c', 'a again']);
  expect(lines.bytes).toBe(80);
});
