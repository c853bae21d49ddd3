import type { ApiRequest, ApiResponse } from '../api/http.ts';
import type { KindRegistry, ResourceKind } from '../kinds/kind.ts';
import { etagOf, isKept, notModified } from './etag.ts';
import { acceptRanges } from './negotiate.ts';

const protobuf = /^application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf$/;
/** Go reads no media type with an @ in it, though older clients ask for one. */
const sentType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** By these, kubectl before 1.29 learns that the server runs dry and validates fields itself. */
const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'];

/**
 * Answers /openapi/v2 to clients from before OpenAPI v3, which take it in protobuf alone (gnostic, OpenAPIv2.proto): every kind's
 * PATCH with its parameters. Schemas are in v3 only. Undefined for other forms.
 */
export function createOpenApiV2(kinds: KindRegistry): (request: ApiRequest) => ApiResponse | undefined {
  let generation = -1;
  let body: Uint8Array = new Uint8Array(0);
  let etag = '';
  return (request) => {
    if (!acceptRanges(request.headers['accept'] ?? '').some((range) => protobuf.test(range.type))) return undefined;
    if (generation !== kinds.generation) {
      generation = kinds.generation;
      body = document(kinds.all().filter(({ computed }) => computed === undefined));
      etag = etagOf(body);
    }
    const headers = { 'content-type': sentType, etag, vary: 'Accept' };
    return isKept(request, etag) ? notModified(headers) : { status: 200, headers, body };
  };
}

type Field = readonly [number: number, value: string | Uint8Array];

/** A protobuf message of fields that are strings or messages. */
function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      return [varint(number * 8 + 2), varint(bytes.length), bytes];
    }),
  );
}
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

function document(kinds: readonly ResourceKind[]): Uint8Array {
  const info = message([1, 'Kubernetes'], [2, 'unversioned']);
  const paths = message(...kinds.map((kind): Field => [2, message([1, pathOf(kind)], [2, message([8, patchOf(kind)])])]));
  return message([1, '2.0'], [2, info], [8, paths]);
}

function pathOf({ kind }: ResourceKind): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  return `${root}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.plural}/{name}`;
}

function patchOf({ kind: { group, version, kind } }: ResourceKind): Uint8Array {
  const extension = message([1, 'x-kubernetes-group-version-kind'], [2, message([2, JSON.stringify({ group, version, kind })])]);
  return message(...parameters.map((name): Field => [8, queryParameter(name)]), [13, extension]);
}

/** ParametersItem { Parameter { NonBodyParameter { QueryParameterSubSchema } } } */
function queryParameter(name: string): Uint8Array {
  const schema = message([2, 'query'], [4, name], [6, name === 'force' ? 'boolean' : 'string']);
  return message([1, message([2, message([3, schema])])]);
}
