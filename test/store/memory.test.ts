import { openMemoryStore } from '../../src/store/memory.ts';
import { storeContract } from '../contract/store.ts';
import { noteCodec } from './notes.ts';

storeContract('memory', { open: async (options) => openMemoryStore({ codec: noteCodec, ...options }) });
