import { createHash } from 'node:crypto';
import type { ApiRequest, ApiResponse } from '../api/http.ts';

/** A strong entity tag of a body: a hash of it, quoted. */
export function etagOf(body: Uint8Array | string): string {
  return `"${contentHash(body)}"`;
}
export function contentHash(body: Uint8Array | string): string {
  return createHash('sha256').update(body).digest('hex').toUpperCase();
}
/** Does the client say that it has this already? */
export function isKept(request: ApiRequest, etag: string): boolean {
  const tags = request.headers['if-none-match'] ?? '';
  return tags === '*' || tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
export function notModified(headers: Readonly<Record<string, string>>): ApiResponse {
  const { 'content-type': _, ...rest } = headers;
  return { status: 304, headers: rest, body: new Uint8Array(0) };
}
