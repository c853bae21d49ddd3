import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitApiVersion } from '../api/object.ts';
import { decodeProtobuf, openProtobuf, readProtobufMessages, type ProtobufMessages } from '../schema/protobuf.ts';
import { schemasFolder } from './load.ts';

/** Reads objects that clients send in protobuf. */
export interface ProtobufDecoder {
  /** The object in a body; undefined when its kind has no such form. @throws DecodeError */
  decode(body: Uint8Array): Record<string, unknown> | undefined;
}

/** The forms of all kinds are read when the first body comes. */
export function createProtobufDecoder(folder?: string): ProtobufDecoder {
  let messages: ProtobufMessages | undefined;
  return {
    decode: (body) => {
      const { apiVersion, kind, bytes } = openProtobuf(body);
      messages ??= readProtobufMessages(readFileSync(join(folder ?? schemasFolder(), 'protobuf.txt'), 'utf8'));
      const name = messageOf(apiVersion, kind);
      return messages.has(name) ? { apiVersion, kind, ...decodeProtobuf(messages, name, bytes) } : undefined;
    },
  };
}

/** The name of a kind's message: packages are named after the first word of the group. The options of a deletion are the same in each group. */
function messageOf(apiVersion: string, kind: string): string {
  if (kind === 'DeleteOptions') return 'meta/v1.DeleteOptions';
  const { group, version } = splitApiVersion(apiVersion);
  if (group.includes('.') && !group.endsWith('.k8s.io')) return '';
  return `${group === '' ? 'core' : group.replace(/\..*/, '')}/${version}.${kind}`;
}
