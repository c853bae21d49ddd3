/**
 * A process of its own that writes to a store and says on stdout (a file, so that nothing is lost) what was acknowledged, one line a
 * write: `key text revision`, the text in brief. On descriptor 3 it says when the store is open. Arguments: directory, writers, seed, count of writes.
 */
import { writeSync } from 'node:fs';
import { realClock } from '../../src/base/clock.ts';
import { randomInt, secureRandom, seededRandom } from '../../src/base/random.ts';
import type { WriteFailed } from '../../src/store/disk.ts';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { brief, note, noteCodec } from './notes.ts';

const [directory = '', writers = '4', seed = '1', count = 'Infinity'] = process.argv.slice(2);
const store = await openEmbeddedStore({ directory, codec: noteCodec, clock: realClock(), random: secureRandom() });
const random = seededRandom(Number(seed));
let left = Number(count);
writeSync(3, 'open\n');

async function write(writer: number): Promise<void> {
  for (let round = 0; left > 0; round++) {
    left--;
    const key = `${randomInt(random, 4) === 0 ? 'core/secrets' : 'core/notes'}/w${writer}/k${randomInt(random, 8)}`;
    const found = await store.get(key);
    if (found !== undefined && randomInt(random, 6) === 0) {
      writeSync(1, `${key} - ${await store.delete(key, found.revision)}\n`);
      continue;
    }
    const text = `${writer}.${round}.${'x'.repeat(randomInt(random, 3000))}`;
    const entry = await store.put(key, note(text), found?.revision ?? 0);
    writeSync(1, `${key} ${brief(text)} ${entry.revision}\n`);
  }
}

const results = await Promise.allSettled(Array.from({ length: Number(writers) }, (_, writer) => write(writer)));
const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
const readable = (await store.list('')).entries.length;
for (const failure of failures)
  writeSync(2, `failed: ${failure.name}, unsure ${String((failure as WriteFailed).unsure)}, ${readable} readable\n`);
await store.close();
writeSync(1, 'closed\n');
