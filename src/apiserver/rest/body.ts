import { apiVersionOf, splitApiVersion, type KubeObject } from '../../api/object.ts';
import { badRequest, tooLarge, unsupportedMediaType } from '../../api/status.ts';
import { clone, isRecord } from '../../base/json.ts';
import { errorText } from '../../base/log.ts';
import { decodeJson, decodeYaml, type Decoded } from '../../schema/decode.ts';
import { normalise } from '../../schema/normalise.ts';
import { dropUnknown } from '../../schema/unknown.ts';
import type { Call } from '../context.ts';
import { jsonType, yamlType } from '../negotiate.ts';
import type { WriteOptions } from '../write-options.ts';
import { ownMembers, withOwn } from './own-members.ts';
import { sharesOld } from './status-split.ts';
import { judgeFields, type BodyForm } from './field-validation.ts';

/** Upstream's limit of a request body. */
export const largestBody = 3 * 1024 * 1024;
export const bodyTypes = [jsonType, yamlType];
const protobufType = 'application/vnd.kubernetes.protobuf';

/** A decoded body, which belongs to the caller, and the members that it names twice. */
export interface Body extends Decoded {
  readonly form: 'json' | 'yaml';
}

/** The media type of the body without parameters, in lower case; '' when none is given. */
export function contentType(call: Pick<Call, 'request'>): string {
  return (call.request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** @throws StatusError UnsupportedMediaType, BadRequest, RequestEntityTooLarge */
export function readBody(call: Pick<Call, 'request' | 'server'>): Body {
  const { request } = call;
  if (request.object !== undefined) return { value: clone(request.object), duplicates: [], form: 'json' };
  const type = contentType(call);
  if (type === protobufType) return readProtobuf(call);
  if (type !== '' && type !== '*/*' && !bodyTypes.includes(type)) throw unsupportedMediaType(type, bodyTypes);
  return decodeBody(request.body ?? new Uint8Array(0), type === yamlType);
}

/** Published kinds alone have a form in protobuf: what sends others so is told what is taken. */
function readProtobuf({ request, server }: Pick<Call, 'request' | 'server'>): Body {
  const bytes = request.body ?? new Uint8Array(0);
  const value = reading(bytes, () => server.protobuf.decode(bytes));
  if (value === undefined) throw unsupportedMediaType(protobufType, bodyTypes);
  return { value, duplicates: [], form: 'json' };
}

export function decodeBody(bytes: Uint8Array, yaml: boolean): Body {
  return reading(bytes, () => (yaml ? { ...decodeYaml(bytes), form: 'yaml' } : { ...decodeJson(bytes), form: 'json' }));
}

function reading<T>(bytes: Uint8Array, read: () => T): T {
  if (bytes.length > largestBody) throw tooLarge(`Request entity too large: limit is ${largestBody}`);
  try {
    return read();
  } catch (cause) {
    const error = badRequest(`the body of the request could not be read: ${errorText(cause)}`);
    error.cause = cause;
    throw error;
  }
}

/** The object in the body, of the kind that the path says. @throws StatusError BadRequest */
export function readObject(call: Call, options: WriteOptions): KubeObject {
  const { object } = call.request;
  const alone = isRecord(object) && isRecord(object['metadata']) && sharesOld(call.kind, call.info.subresource);
  const body = alone ? statusBody(object) : readBody(call);
  return knownFields(call, requireKind(call, body.value), { body, form: body.form, options });
}

/** Of an object from this process, whose status alone is written: that, and what says which object it is. */
function statusBody({ apiVersion, kind, metadata, status }: Readonly<Record<string, unknown>>): Body {
  return { value: { apiVersion, kind, metadata: ownMetadata(metadata), status: clone(status) }, duplicates: [], form: 'json' };
}
/** A copy that its owner may change, but for what nobody changes. */
function ownMetadata(metadata: unknown): unknown {
  if (!isRecord(metadata) || !Object.isFrozen(metadata['managedFields'])) return clone(metadata);
  const { managedFields, ...named } = metadata;
  return { ...clone(named), managedFields };
}

/** @throws StatusError BadRequest when the value is no object of this kind */
export function requireKind(call: Call, value: unknown): KubeObject {
  if (!isRecord(value)) throw badRequest(`the body of the request must be an object of kind ${call.kind.kind.kind}`);
  const { kind } = call.kind;
  const said = value as { apiVersion?: unknown; kind?: unknown; metadata?: unknown };
  const expected = apiVersionOf(kind);
  if (said.apiVersion !== undefined && said.apiVersion !== '' && said.apiVersion !== expected) {
    throw badRequest(`the API version in the data (${String(said.apiVersion)}) does not match the expected API version (${expected})`);
  }
  if (said.kind !== undefined && said.kind !== '' && said.kind !== kind.kind) {
    throw badRequest(`the kind in the data (${String(said.kind)}) does not match the expected kind (${kind.kind})`);
  }
  const { apiVersion: _version, kind: _kind, metadata = {}, ...rest } = said;
  if (!isRecord(metadata))
    throw badRequest(`${kind.kind} in version "${splitApiVersion(expected).version}" cannot be handled: metadata must be an object`);
  return { kind: kind.kind, apiVersion: expected, metadata: metadata as unknown as KubeObject['metadata'], ...rest };
}

interface FieldsOf {
  readonly body: Decoded;
  readonly form: BodyForm;
  readonly options: WriteOptions;
  /** What a patched object has from here is known. */
  readonly live?: Readonly<KubeObject>;
}
/** Leaves out what the schema lacks, and says so as fieldValidation asks. @throws StatusError BadRequest or Invalid when it is Strict */
export function knownFields(call: Call, object: KubeObject, about: FieldsOf): KubeObject {
  const { body, form, options, live } = about;
  const { schema, custom } = call.kind;
  const own = live === undefined || custom ? object : ownMembers(object, live);
  const { value, dropped } = dropUnknown(schema, own);
  judgeFields(call, options.fieldValidation, { form, body, object, dropped });
  const normal = normalise(schema, value);
  return own === object ? normal : withOwn(object, own, normal);
}
