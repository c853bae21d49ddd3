import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SortedMap } from '../../src/store/sorted-map.ts';

interface Item {
  readonly key: string;
  live: boolean;
}

it('finds, ranges and counts as a sorted array does, over many splits', () => {
  const key = fc.array(fc.constantFrom('a', 'b', '/', 'zz', 'é'), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
  const keys = fc.uniqueArray(key, { minLength: 0, maxLength: 3000, size: 'max' });
  const prefixes = fc.array(key, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(keys, prefixes, fc.func(fc.integer({ min: 0, max: 2 })), (all, probes, fate) => {
      const map = new SortedMap<Item>((item) => item.live);
      for (const each of all) map.insert(each, { key: each, live: true });
      const left: Item[] = [];
      for (const each of all) {
        const item = map.get(each) as Item;
        if (fate(each) === 0) map.remove(each);
        else left.push(item);
        if (fate(each) === 1) {
          item.live = false;
          map.recount(each, -1);
        }
      }
      left.sort((a, b) => (a.key < b.key ? -1 : 1));
      expect(map.size).toBe(left.length);
      for (const prefix of ['', ...probes]) {
        const wanted = left.filter((item) => item.key.startsWith(prefix));
        expect([...map.range(prefix, prefix)]).toEqual(wanted);
        expect(map.count(prefix, prefix)).toBe(wanted.filter((item) => item.live).length);
        const middle = wanted[wanted.length >> 1];
        if (middle === undefined) continue;
        const rest = wanted.slice(wanted.length >> 1);
        expect([...map.range(middle.key, prefix)]).toEqual(rest);
        expect(map.count(middle.key, prefix)).toBe(rest.filter((item) => item.live).length);
      }
      for (const probe of probes) expect(map.get(probe)).toBe(left.find((item) => item.key === probe));
    }),
    { numRuns: 30 },
  );
});
