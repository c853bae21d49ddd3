import type { ApiRequest, ApiResponse } from '../api/http.ts';
import type { KindRegistry } from '../kinds/kind.ts';
import type { RequestInfo } from './request-info.ts';

/** Answers below /openapi; undefined for paths that are not there. */
export function createOpenApi(_kinds: KindRegistry): (request: ApiRequest, info: RequestInfo) => ApiResponse | undefined {
  return () => undefined;
}
