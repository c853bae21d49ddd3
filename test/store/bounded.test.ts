import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { secureRandom, seededRandom } from '../../src/base/random.ts';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { note, noteCodec } from './notes.ts';

const root = mkdtempSync(join(tmpdir(), 'steer-bounded-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const soak = process.env['STEER_SOAK'] === '1';
const updates = soak ? 1_000_000 : 30_000;
const mebibyte = 1024 * 1024;

it(
  `after ${updates} updates of 100 objects the file is smaller than 50 MB and old history is gone`,
  { timeout: soak ? 3_600_000 : 120_000 },
  async () => {
    const historyBytes = 4 * mebibyte;
    const store = await openEmbeddedStore({ directory: root, codec: noteCodec, clock: realClock(), random: secureRandom(), historyBytes });
    const random = seededRandom(1);
    const filler = Buffer.from(random.bytes(3000)).toString('base64');
    const each = async (index: number): Promise<void> => {
      const key = `core/${index % 10 === 0 ? 'secrets' : 'notes'}/a/k${index}`;
      let revision = 0;
      for (let round = 0; round < updates / 100; round++) revision = (await store.put(key, note(`${round} ${filler}`), revision)).revision;
    };
    await Promise.all(Array.from({ length: 100 }, (_, index) => each(index)));
    expect(store.revision()).toBe(updates);
    expect(await store.count('')).toBe(100);
    expect(statSync(join(root, 'data.mdb')).size).toBeLessThan(50 * mebibyte);
    await expect(store.list('', { at: updates - 2 * (historyBytes / 4000) })).rejects.toMatchObject({ name: 'Compacted' });
    await store.close();
    console.log(`the file after ${updates} updates: ${(statSync(join(root, 'data.mdb')).size / mebibyte).toFixed(1)} MiB`);
  },
);
