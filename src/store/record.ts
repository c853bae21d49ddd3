import type { Revision } from './store.ts';
import type { EntryParts } from './stored-entry.ts';
import type { Seal } from './seal.ts';

/**
 * One entry on disk:
 *
 *     byte 0      0 plain, 1 sealed
 *     1..8        revision of creation, float64 big endian
 *     9..16       revision
 *     17..        payload, sealed or not: uint32 length of the labels' JSON, the labels' JSON, the value's JSON
 *
 * Labels stand apart so that opening a store decodes no value.
 */
const headBytes = 17;
const plain = 0;
const sealed = 1;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** `seal` is given for keys whose bytes are encrypted; key and head are bound to the sealed bytes. */
export function encodeRecord(entry: EntryParts, seal: Seal | undefined): Buffer {
  const labels = JSON.stringify(entry.labels);
  const labelBytes = Buffer.byteLength(labels);
  const jsonAt = headBytes + 4 + labelBytes;
  const record = Buffer.allocUnsafe(jsonAt + entry.json.length);
  record[0] = seal === undefined ? plain : sealed;
  record.writeDoubleBE(entry.created, 1);
  record.writeDoubleBE(entry.revision, 9);
  record.writeUInt32BE(labelBytes, headBytes);
  record.write(labels, headBytes + 4);
  record.set(entry.json, jsonAt);
  if (seal === undefined) return record;
  const head = record.subarray(0, headBytes);
  return Buffer.concat([head, seal.close(record.subarray(headBytes), boundTo(entry.key, head))]);
}

/** The reverse; the JSON is a copy of its own. @throws DamagedRecord */
export function decodeRecord(key: string, record: Buffer, seal: Seal | undefined): EntryParts {
  const head = record.subarray(0, headBytes);
  if (head.length < headBytes || (head[0] !== plain && head[0] !== sealed)) throw new DamagedRecord(key, 'has no head that we know');
  const created: Revision = head.readDoubleBE(1);
  const revision: Revision = head.readDoubleBE(9);
  let payload = record.subarray(headBytes);
  if (head[0] === sealed) {
    if (seal === undefined) throw new DamagedRecord(key, 'is encrypted, but its key says that it is not');
    payload = opened(key, seal, { payload, bound: boundTo(key, head) });
  }
  const jsonAt = 4 + payload.readUInt32BE(0);
  const labels = JSON.parse(decoder.decode(payload.subarray(4, jsonAt))) as Record<string, string>;
  return { key, created, revision, labels: Object.freeze(labels), json: new Uint8Array(payload.subarray(jsonAt)) };
}

function opened(key: string, seal: Seal, sealedBytes: { payload: Buffer; bound: Buffer }): Buffer {
  try {
    return seal.open(sealedBytes.payload, sealedBytes.bound);
  } catch (cause) {
    throw new DamagedRecord(key, 'does not open: it was changed, or sealed for another place', cause);
  }
}

function boundTo(key: string, head: Uint8Array): Buffer {
  return Buffer.concat([encoder.encode(key), head]);
}

/** What is on disk is not what was written. */
export class DamagedRecord extends Error {
  constructor(key: string, why: string, cause?: unknown) {
    super(`${key} on disk ${why}`, { cause });
    this.name = 'DamagedRecord';
  }
}
