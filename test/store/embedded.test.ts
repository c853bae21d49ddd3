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

// Once with all that was written lately in memory, and once with every byte read from the disk.
for (const [name, cached] of [
  ['embedded', {}],
  ['embedded, with nothing in memory', { recentBytes: 0, decodedBytes: 0 }],
] as const) {
  storeContract(name, {
    open: async (options) => {
      const directory = mkdtempSync(join(root, 's-'));
      const store = await openEmbeddedStore({ directory, codec: noteCodec, random: secureRandom(), ...cached, ...options });
      directories.set(store, directory);
      return store;
    },
    reopen: async (store) => {
      await store.close();
      const directory = directories.get(store) as string;
      return openEmbeddedStore({ directory, codec: noteCodec, random: secureRandom(), clock: realClock(), ...cached });
    },
  });
}
