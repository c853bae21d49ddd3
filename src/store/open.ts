import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { openMemoryStore } from './memory.ts';
import type { Codec, Store } from './store.ts';

/** Opens a store by its address: `memory`, or the path of a data directory. @throws Error for an address that no back end serves */
export async function openStore<V extends object>(
  address: string,
  options: { readonly codec: Codec<V>; readonly clock: Clock; readonly random: Random },
): Promise<Store<V>> {
  if (address === 'memory') return openMemoryStore(options);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(address)?.[1];
  if (scheme !== undefined) throw new Error(`the store ${address} cannot be opened: use "memory" or the path of a directory`);
  // Not read by whoever keeps nothing: the library below is native code.
  const { openEmbeddedStore } = await options.clock.outside(import('./embedded.ts'));
  return openEmbeddedStore({ directory: address, ...options });
}
