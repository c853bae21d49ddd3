import { deepFreeze, isRecord } from '../base/json.ts';
import type { DecodedValues } from './decoded-values.ts';
import type { Entry, Revision } from './store.ts';

/** An entry as the store holds it: what is read without decoding, its bytes or where they are, and the older version while history keeps it. */
export class StoredEntry<V extends object> implements Entry<V> {
  readonly key: string;
  readonly size: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly created: Revision;
  readonly revision: Revision;
  /** The mark of a deletion: absent for readers from `revision` on. */
  readonly deleted: boolean;
  older: StoredEntry<V> | undefined;
  /** Its decoded value, itself or as long as somebody else has it. */
  held: V | WeakRef<V> | undefined;
  /** Somebody has asked for the value since its turn came up last. */
  asked = false;
  #json: Uint8Array | Kept;
  readonly #decoded: DecodedValues<V>;

  constructor(parts: Omit<EntryParts, 'json'> & { readonly json: Uint8Array | Kept; readonly size: number }, decoded: DecodedValues<V>) {
    this.key = parts.key;
    this.size = parts.size;
    this.labels = parts.labels;
    this.created = parts.created;
    this.revision = parts.revision;
    this.deleted = parts.deleted ?? false;
    this.#json = parts.json;
    this.#decoded = decoded;
  }

  get json(): Uint8Array {
    return this.#json instanceof Uint8Array ? this.#json : this.#json.read(this);
  }
  value(): V {
    return this.#decoded.of(this);
  }
  /** Takes the bytes into memory, where they stay: `kept` is about to hold newer ones. */
  pin(): void {
    this.#json = this.json;
  }
  /** Gives the bytes up, which `kept` has too. */
  release(kept: Kept): void {
    this.#json = kept;
  }
}
/** Where the newest bytes of each key are beside memory. */
export interface Kept {
  /** The bytes of the entry, which must be the newest of its key. */
  read(entry: { readonly key: string; readonly revision: Revision }): Uint8Array;
}
export interface EntryParts {
  readonly key: string;
  readonly json: Uint8Array;
  readonly labels: Readonly<Record<string, string>>;
  readonly created: Revision;
  readonly revision: Revision;
  readonly deleted?: boolean;
}

/** Freezes a value and drops members that JSON has no word for, so that it reads the same as its own bytes decoded. */
export function settle<V>(value: V): V {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (isRecord(value)) {
    for (const key of Object.keys(value)) {
      if (value[key] === undefined) delete value[key];
      else settle(value[key]);
    }
  } else for (const item of value as readonly unknown[]) settle(item);
  return Object.freeze(value);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeJson(value: object): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}
/** Frozen. */
export function decodeJson<V>(json: Uint8Array): V {
  return deepFreeze(JSON.parse(decoder.decode(json)) as V);
}
