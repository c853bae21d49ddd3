/**
 * A process of its own that writes to a store and says on stdout (a file, so that nothing is lost) what was acknowledged, one line a
 * write: `key text revision`, the text in brief. On stderr it says what was rejected, and at the end how much can be read. On descriptor
 * 3 it says when the store is open. Arguments: directory, writers, seed, count of writes.
 */
import { writeSync } from 'node:fs';
import { realClock } from '../../src/base/clock.ts';
import { randomInt, secureRandom, seededRandom } from '../../src/base/random.ts';
import { WriteFailed } from '../../src/store/disk.ts';
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
    const text = `${writer}.${round}.${Buffer.from(random.bytes(randomInt(random, 2500))).toString('base64url')}`;
    const remove = randomInt(random, 6) === 0;
    try {
      await writeOne(key, remove ? undefined : text);
    } catch (error) {
      if (!(error instanceof WriteFailed)) throw error;
      writeSync(2, `rejected ${key} ${remove ? '-' : brief(text)} ${error.unsure ? 'unsure' : 'sure'}\n`);
    }
  }
}

async function writeOne(key: string, text: string | undefined): Promise<void> {
  const found = await store.get(key);
  if (text === undefined) {
    if (found !== undefined) writeSync(1, `${key} - ${await store.delete(key, found.revision)}\n`);
    return;
  }
  const entry = await store.put(key, note(text), found?.revision ?? 0);
  writeSync(1, `${key} ${brief(text)} ${entry.revision}\n`);
}

const results = await Promise.allSettled(Array.from({ length: Number(writers) }, (_, writer) => write(writer)));
for (const result of results) if (result.status === 'rejected') writeSync(2, `ended ${(result.reason as Error).name}\n`);
writeSync(2, `readable ${(await store.list('')).entries.length} at ${store.revision()}\n`);
await store.close();
writeSync(1, 'closed\n');
