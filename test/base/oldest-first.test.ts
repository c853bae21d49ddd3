import { expect, test } from 'vitest';
import { OldestFirst } from '../../src/base/oldest-first.ts';
import { randomInt, seededRandom } from '../../src/base/random.ts';

test('keys come in the order in which they were added, those that come later too', () => {
  const queue = new Set(['a', 'b']);
  const oldest = new OldestFirst(queue);
  const take = () => {
    const key = oldest.next();
    if (key !== undefined) queue.delete(key);
    return key;
  };
  expect([take(), take(), take()]).toEqual(['a', 'b', undefined]);
  queue.add('c').add('d');
  queue.delete('c');
  queue.add('c');
  expect([take(), take(), take()]).toEqual(['d', 'c', undefined]);
});

test('what is added, touched, removed and taken by chance is taken as from a list', () => {
  const random = seededRandom(1);
  const map = new Map<number, string>();
  let list: number[] = [];
  const oldest = new OldestFirst(map);
  const gone = (key: number) => {
    map.delete(key);
    list = list.filter((each) => each !== key);
  };
  for (let step = 0; step < 20_000; step++) {
    const key = randomInt(random, 200);
    const what = randomInt(random, 4);
    if (what === 0) gone(key);
    else if (what === 1) {
      const taken = oldest.next();
      expect(taken).toBe(list[0]);
      if (taken !== undefined) gone(taken);
    } else {
      gone(key);
      map.set(key, '');
      list.push(key);
    }
    if (step % 5_000 === 4_999) {
      map.clear();
      list = [];
    }
  }
});
