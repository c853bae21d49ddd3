import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { secureRandom } from '../../src/base/random.ts';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { storeContract } from '../contract/store.ts';
import { noteCodec, type Note } from './notes.ts';
import type { Store } from '../../src/store/store.ts';

const root = mkdtempSync(join(tmpdir(), 'steer-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const directories = new WeakMap<Store<Note>, string>();

const fleeting = { ...noteCodec, fleeting: () => true };

// With all that was written lately in memory, with every byte read from the disk, and with every value decoded anew.
for (const [name, { codec, ...cached }] of [
  ['embedded', { codec: noteCodec }],
  ['embedded, with nothing in memory', { codec: noteCodec, recentBytes: 0, decodedBytes: 0 }],
  ['embedded, of what few read', { codec: fleeting, decodedBytes: 0 }],
] as const) {
  storeContract(name, {
    open: async (options) => {
      const directory = mkdtempSync(join(root, 's-'));
      const store = await openEmbeddedStore({ directory, codec, random: secureRandom(), ...cached, ...options });
      directories.set(store, directory);
      return store;
    },
    reopen: async (store) => {
      await store.close();
      const directory = directories.get(store) as string;
      return openEmbeddedStore({ directory, codec, random: secureRandom(), clock: realClock(), ...cached });
    },
  });
}
