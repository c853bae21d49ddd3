import { DecodeError } from './decode.ts';
import { ProtobufReader, type Wire } from './protobuf-reader.ts';
import { bytesOf, numberOf, scalars, textOf } from './protobuf-scalars.ts';

/** How a field of a message is written. */
interface Field {
  /** Its member in JSON; '' where its own members stand beside the others. */
  readonly name: string;
  readonly repeated: boolean;
  readonly map: boolean;
  /** A scalar, or the name of a message. */
  readonly type: string;
  /** JSON leaves it out when it is empty. */
  readonly dropsEmpty: boolean;
}
type Message = ReadonlyMap<number, Field>;

/** Messages by their names, as schemas/protobuf.txt describes them. */
export interface ProtobufMessages {
  /** The kind has a form in protobuf. */
  has(name: string): boolean;
  /** @throws Error when there is none of the name */
  get(name: string): Message;
}
/** What was written, and of which kind it says to be. */
export interface ProtobufObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** The object without these two. */
  readonly bytes: Uint8Array;
}

const magic = [0x6b, 0x38, 0x73, 0x00];
const deepest = 100;

/** Reads the table of messages; each is understood when it is first asked for. */
export function readProtobufMessages(text: string): ProtobufMessages {
  const lines = new Map<string, string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf(' ');
    if (!line.startsWith('#') && line !== '') lines.set(at < 0 ? line : line.slice(0, at), at < 0 ? '' : line.slice(at + 1));
  }
  const known = new Map<string, Message>();
  return {
    has: (name) => lines.has(name),
    get: (name) => {
      const line = lines.get(name);
      if (line === undefined) throw new Error(`there is no protobuf message ${name}`);
      const message = known.get(name) ?? new Map(line.split(' ').filter(Boolean).map(fieldOf));
      known.set(name, message);
      return message;
    },
  };
}

function fieldOf(text: string): [number, Field] {
  const [, number, name = '', list, rest = '', empty] = /^(\d+):([^:]*):(\[\]|\{\})?([^?]+)(\?)?$/.exec(text) ?? [];
  if (number === undefined) throw new Error(`a protobuf field is ${text}`);
  return [Number(number), { name, repeated: list === '[]', map: list === '{}', type: rest, dropsEmpty: empty !== undefined }];
}

/** Takes the envelope off that every object of Kubernetes has in protobuf (runtime.Unknown). @throws DecodeError */
export function openProtobuf(body: Uint8Array): ProtobufObject {
  if (!magic.every((byte, at) => body[at] === byte)) throw new DecodeError('the body does not begin as protobuf of Kubernetes does');
  const said = { apiVersion: '', kind: '' };
  let bytes: Uint8Array = new Uint8Array(0);
  for (const { number, value } of new ProtobufReader(body.subarray(magic.length))) {
    if (number === 1) {
      for (const part of new ProtobufReader(bytesOf(value))) {
        if (part.number === 1) said.apiVersion = textOf(bytesOf(part.value));
        if (part.number === 2) said.kind = textOf(bytesOf(part.value));
      }
    }
    if (number === 2) bytes = bytesOf(value);
    if (number === 3 && bytesOf(value).length > 0) throw new DecodeError('the body is compressed inside of its envelope');
  }
  return { ...said, bytes };
}

/** A message as JSON has it. Fields that are not known are left out. @throws DecodeError */
export function decodeProtobuf(messages: ProtobufMessages, name: string, bytes: Uint8Array): Record<string, unknown> {
  return decodeMessage({ messages, depth: 0 }, name, bytes);
}

interface Walk {
  readonly messages: ProtobufMessages;
  readonly depth: number;
}

function decodeMessage({ messages, depth }: Walk, name: string, bytes: Uint8Array): Record<string, unknown> {
  if (depth > deepest) throw new DecodeError(`the body is nested more than ${deepest} deep`);
  const inner = { messages, depth: depth + 1 };
  const fields = messages.get(name);
  // A key may be __proto__, which only a map takes for a name like any other.
  const members = new Map<string, unknown>();
  for (const { number, value } of new ProtobufReader(bytes)) {
    const field = fields.get(number);
    if (field !== undefined) take(inner, members, { field, value });
  }
  return Object.fromEntries(members);
}

function take(walk: Walk, members: Map<string, unknown>, { field, value }: { field: Field; value: Wire }): void {
  if (field.name === '') {
    for (const [name, each] of Object.entries(decodeMessage(walk, field.type, bytesOf(value)))) members.set(name, each);
  } else if (field.map) {
    const [key, of] = entryOf(walk, field, bytesOf(value));
    const before = (members.get(field.name) ?? {}) as Record<string, unknown>;
    members.set(field.name, Object.defineProperty(before, key, { value: of, writable: true, enumerable: true, configurable: true }));
  } else if (field.repeated) {
    const list = (members.get(field.name) ?? []) as unknown[];
    list.push(...elementsOf(walk, field, value));
    members.set(field.name, list);
  } else {
    const decoded = decodeValue(walk, field.type, value);
    if (decoded !== undefined && !(field.dropsEmpty && isEmpty(decoded))) members.set(field.name, decoded);
  }
}

function elementsOf(walk: Walk, { type }: Field, value: Wire): readonly unknown[] {
  // Numbers may stand together in one field.
  if (type === 'int' && typeof value !== 'bigint') return [...ProtobufReader.varints(bytesOf(value))].map(numberOf);
  return [decodeValue(walk, type, value)];
}

function entryOf(walk: Walk, { type }: Field, bytes: Uint8Array): [string, unknown] {
  let key = '';
  let value: Wire = new Uint8Array(0);
  for (const part of new ProtobufReader(bytes)) {
    if (part.number === 1) key = textOf(bytesOf(part.value));
    if (part.number === 2) value = part.value;
  }
  return [key, decodeValue(walk, type, value) ?? null];
}

const isEmpty = (value: unknown): boolean => value === '' || value === 0 || value === false;

/** Undefined for a time that is none. */
function decodeValue(walk: Walk, type: string, value: Wire): unknown {
  const scalar = scalars[type];
  return scalar === undefined ? decodeMessage(walk, type, bytesOf(value)) : scalar(value);
}
