import type { WatchEvent } from './object.ts';

/** One call of the Kubernetes HTTP API, as a plain record. */
export interface ApiRequest {
  readonly method: string;
  /** As sent, still percent-encoded. */
  readonly path: string;
  /** Without the question mark; '' when there is none. */
  readonly query: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** In process only: the decoded body, handed over (the caller no longer changes it). */
  readonly object?: unknown;
  /** In process only: the caller reads `response.object`; `response.body` may be empty then. */
  readonly wantsObject?: true;
  readonly signal?: AbortSignal;
  /** Of the socket it came by; absent in process. */
  readonly peer?: Peer;
}
export interface Peer {
  readonly address: string;
  /** A client certificate that our CA signed: its common name and organisations. */
  readonly certificate?: { readonly commonName: string; readonly organizations: readonly string[] };
}
export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  /** In process only: the decoded, frozen body; for a watch an AsyncIterable of WatchEvent. */
  readonly object?: unknown;
  /** In process only: of a list, to be read like `object`. */
  readonly warnings?: readonly string[];
}
/** What `ApiResponse.object` is for a watch. */
export type WatchObjects = AsyncIterable<WatchEvent<unknown>>;

/** Carries one request to an API server: over a socket, or straight into the embedded one. Never throws a Status: it answers it. */
export type Transport = (request: ApiRequest) => Promise<ApiResponse>;
