import type { ApiRequest, ApiResponse } from '../api/http.ts';
import type { KindRegistry, ResourceKind } from '../kinds/kind.ts';
import { openApiV3, type OpenApiDocument, type OpenApiV3 } from '../schema/openapi.ts';
import { encodeText, jsonAnswer } from './answer.ts';
import { isServed } from './computed/index.ts';
import { isKept, notModified } from './etag.ts';
import { jsonType, requireJson } from './negotiate.ts';
import { createOpenApiV2 } from './openapi-v2.ts';
import type { RequestInfo } from './request-info.ts';

interface Part {
  readonly kinds: readonly ResourceKind[];
  readonly documents: OpenApiV3;
}

/** Answers below /openapi; undefined for paths and forms that are not there: /openapi/v2 in JSON is one. */
export function createOpenApi(kinds: KindRegistry): (request: ApiRequest, info: RequestInfo) => ApiResponse | undefined {
  const documents = createDocumentCache(kinds);
  const older = createOpenApiV2(kinds);
  const encoded = new WeakMap<OpenApiDocument, Uint8Array>();
  const bytesOf = (document: OpenApiDocument) => {
    const bytes = encoded.get(document) ?? encodeText(document.json);
    encoded.set(document, bytes);
    return bytes;
  };

  return (request, info) => {
    const [, version, ...path] = info.parts;
    if (version === 'v2' && path.length === 0) return older(request);
    if (version !== 'v3') return undefined;
    requireJson(request.headers['accept']);
    if (path.length === 0) return vary(jsonAnswer(200, { paths: documents.index() }, request.wantsObject === true));
    const document = documents.find(path.join('/'));
    if (document === undefined) return undefined;
    const hash = info.query.get('hash');
    if (hash !== null && hash !== document.hash) return redirect(request, document.hash);
    return answerDocument(request, { document, body: bytesOf(document), hashed: hash !== null });
  };
}

const vary = (answer: ApiResponse): ApiResponse => ({ ...answer, headers: { ...answer.headers, vary: 'Accept' } });

/** Who has an old hash is led to the newest document. */
function redirect(request: ApiRequest, hash: string): ApiResponse {
  const query = new URLSearchParams(request.query);
  query.set('hash', hash);
  return {
    status: 301,
    headers: { location: `${request.path}?${query.toString()}`, 'cache-control': 'no-cache' },
    body: new Uint8Array(0),
  };
}

/** A document that is named by its hash never changes, so it may be kept for a year. */
function answerDocument(request: ApiRequest, of: { document: OpenApiDocument; body: Uint8Array; hashed: boolean }): ApiResponse {
  const { document, body, hashed } = of;
  const etag = `"${document.hash}"`;
  const caching = hashed ? { 'cache-control': 'public, immutable, max-age=31536000' } : { 'cache-control': 'no-cache, private' };
  const headers = { 'content-type': jsonType, etag, vary: 'Accept', ...caching };
  if (isKept(request, etag)) return notModified(headers);
  const object = request.wantsObject ? { object: JSON.parse(document.json) as unknown } : {};
  return { status: 200, headers, body, ...object };
}

/** Documents by group version; those whose kinds have not changed are not made again. */
function createDocumentCache(kinds: KindRegistry): { index(): object; find(path: string): OpenApiDocument | undefined } {
  let generation = -1;
  let parts = new Map<string, Part>();
  const current = (): Map<string, Part> => {
    if (generation === kinds.generation) return parts;
    generation = kinds.generation;
    const next = new Map<string, Part>();
    for (const [path, served] of byGroupVersion(kinds)) {
      const known = parts.get(path);
      const same = known?.kinds.length === served.length && known.kinds.every((kind, index) => kind === served[index]);
      next.set(path, same ? known : { kinds: served, documents: openApiV3(served) });
    }
    return (parts = next);
  };
  return {
    index: () => Object.assign({}, ...[...current().values()].map(({ documents }) => documents.index().paths)) as object,
    find: (path) => current().get(path)?.documents.document(path),
  };
}

function byGroupVersion(kinds: KindRegistry): ReadonlyMap<string, ResourceKind[]> {
  const paths = new Map<string, ResourceKind[]>();
  for (const kind of kinds.all().filter(isServed)) {
    const { group, version } = kind.kind;
    const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
    paths.set(path, [...(paths.get(path) ?? []), kind]);
  }
  return paths;
}
