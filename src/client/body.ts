import type { ApiResponse } from '../api/http.ts';

/** All bytes of an answer, however it carries them. */
export async function bytesOf(body: ApiResponse['body']): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}

/** The chunks of an answer, however it carries them. */
export async function* chunksOf(body: ApiResponse['body']): AsyncGenerator<Uint8Array> {
  if (!(body instanceof Uint8Array)) yield* body;
  else if (body.length > 0) yield body;
}

const newline = 0x0a;

/** The lines of a stream of bytes, without their ends; empty ones are left out. A line cut off by the end of the stream is dropped. */
export async function* linesOf(body: ApiResponse['body']): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let begun: Uint8Array[] = [];
  for await (const chunk of chunksOf(body)) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const line = chunk.subarray(start, end);
      start = end + 1;
      const whole = begun.length === 0 ? line : Buffer.concat([...begun, line]);
      begun = [];
      if (whole.length > 0) yield decoder.decode(whole);
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
  }
}
