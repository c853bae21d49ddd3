import { stringify as yamlText } from 'yaml';
import type { ApiResponse } from '../api/http.ts';
import { StatusError, type Status } from '../api/status.ts';
import { jsonType, yamlType } from './negotiate.ts';

const encoder = new TextEncoder();
const nothing = new Uint8Array(0);
const jsonHeaders: Readonly<Record<string, string>> = { 'content-type': jsonType };
const freshHeaders: Readonly<Record<string, string>> = { 'cache-control': 'no-cache, private', 'content-type': jsonType };

export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}
/** One JSON document with its line end. */
export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(`${JSON.stringify(value)}\n`);
}

/** A document that is built here, in process as an object, over a socket as JSON. */
export function jsonAnswer(status: number, object: unknown, inProcess: boolean): ApiResponse {
  return inProcess ? { status, headers: jsonHeaders, body: nothing, object } : { status, headers: freshHeaders, body: encodeJson(object) };
}

/** Bytes that are JSON already, with the value that they say for those in process. */
export function bytesAnswer(status: number, bytes: ApiResponse['body'], value: (() => unknown) | undefined): ApiResponse {
  if (value === undefined) return { status, headers: freshHeaders, body: bytes };
  return { status, headers: jsonHeaders, body: nothing, object: value() };
}

const shown = new WeakMap<ApiResponse, () => unknown>();

/** Keeps beside an answer what object it shows, for those who would else decode its bytes. */
export function showing(answer: ApiResponse, object: () => unknown): ApiResponse {
  shown.set(answer, object);
  return answer;
}
/** The object of an answer, decoded; undefined when it is no JSON document. */
export function shownBy(answer: ApiResponse): unknown {
  const { object, body, headers } = answer;
  if (object !== undefined) return object;
  const known = shown.get(answer);
  if (known !== undefined) return known();
  if (!(body instanceof Uint8Array) || headers['content-type'] !== jsonType) return undefined;
  return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()) as unknown;
}

export function yamlAnswer(status: number, object: unknown): ApiResponse {
  const text = yamlText(object, { aliasDuplicateObjects: false, lineWidth: 0 });
  return { status, headers: { 'cache-control': 'no-cache, private', 'content-type': yamlType }, body: encodeText(text) };
}

export function textAnswer(status: number, text: string): ApiResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache, private' }, body: encodeText(text) };
}

/** A Status that carries list metadata: the fresh token of an expired continue. */
export class ExpiredContinue extends StatusError {
  readonly token: string;

  constructor(message: string, token: string) {
    super(410, 'Expired', message);
    this.token = token;
  }

  override toStatus(): Status {
    return { ...super.toStatus(), metadata: { continue: this.token } };
  }
}

export function errorAnswer(error: StatusError, inProcess: boolean): ApiResponse {
  const answer = jsonAnswer(error.code, error.toStatus(), inProcess);
  const seconds = error.details?.retryAfterSeconds;
  const more: Record<string, string> = {};
  if (seconds !== undefined) more['retry-after'] = String(seconds);
  if (error.code === 401) more['www-authenticate'] = 'Bearer realm="steersman"';
  return { ...answer, headers: { ...answer.headers, ...more } };
}

/** The answer with its warnings as headers (RFC 7234 warn-code 299), and as a list for those in process. */
export function withWarnings(answer: ApiResponse, warnings: readonly string[]): ApiResponse {
  if (warnings.length === 0) return answer;
  const unique = [...new Set(warnings)];
  const header = unique
    .map(
      (text) =>
        `299 - "${text
          .replaceAll('\\', '\\\\')
          .replaceAll('"', '\\"')
          .replace(/[\r\n]+/g, ' ')}"`,
    )
    .join(', ');
  return { ...answer, headers: { ...answer.headers, warning: header }, warnings: unique };
}
