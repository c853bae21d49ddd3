import { DecodeError } from './decode.ts';

/** A number, or the bytes of a text or message. */
export type Wire = bigint | Uint8Array;
/** One field as it stands in a message. */
export interface WireField {
  readonly number: number;
  readonly value: Wire;
}

/** The fields of a message in their order. Numbers of fixed width, which Kubernetes has none of, are passed over. @throws DecodeError */
export class ProtobufReader implements Iterable<WireField> {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  *[Symbol.iterator](): Iterator<WireField> {
    this.#at = 0;
    while (this.#at < this.#bytes.length) {
      const tag = this.#varint();
      const number = Number(tag >> 3n);
      const type = Number(tag & 7n);
      if (type === 0) yield { number, value: this.#varint() };
      else if (type === 2) yield { number, value: this.#take(Number(this.#varint())) };
      else if (type === 1 || type === 5) this.#take(type === 1 ? 8 : 4);
      else throw new DecodeError('the body is no protobuf');
    }
  }

  /** The numbers that stand one after the other. @throws DecodeError */
  static *varints(bytes: Uint8Array): Iterable<bigint> {
    const reader = new ProtobufReader(bytes);
    while (reader.#at < bytes.length) yield reader.#varint();
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new DecodeError('the body ends in the middle of a field');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new DecodeError('the body ends in the middle of a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new DecodeError('the body holds a number that has no end');
  }
}
