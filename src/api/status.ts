/** The failure body of the API (apimachinery, metav1.Status). */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: StatusReason;
  readonly details?: StatusDetails;
  readonly code: number;
}
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  /** The plural for errors about a resource, the kind for Invalid. */
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}
export type StatusReason =
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Invalid'
  | 'ServerTimeout'
  | 'Timeout'
  | 'TooManyRequests'
  | 'BadRequest'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'InternalError'
  | 'Expired'
  | 'ServiceUnavailable';

/** The one error on the wire. Ask with `isNotFound(error)` and its siblings, never by message. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: StatusReason;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: StatusReason, message: string, details?: StatusDetails) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toStatus(): Status {
    const base = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: this.message, reason: this.reason } as const;
    return this.details === undefined ? { ...base, code: this.code } : { ...base, details: this.details, code: this.code };
  }

  /** Rebuilds the error from a body. What is no Status becomes InternalError with the HTTP code. */
  static from(body: unknown, httpCode: number): StatusError {
    const status = (typeof body === 'object' && body !== null ? body : {}) as Partial<Status>;
    if (status.kind !== 'Status') return new StatusError(httpCode, reasonOf(httpCode), `the server answered ${httpCode} without a Status`);
    return new StatusError(status.code ?? httpCode, status.reason ?? reasonOf(httpCode), status.message ?? '', status.details);
  }
}

function reasonOf(code: number): StatusReason {
  const known: Readonly<Record<number, StatusReason>> = {
    400: 'BadRequest',
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'NotFound',
    405: 'MethodNotAllowed',
    406: 'NotAcceptable',
    409: 'Conflict',
    410: 'Gone',
    413: 'RequestEntityTooLarge',
    415: 'UnsupportedMediaType',
    422: 'Invalid',
    429: 'TooManyRequests',
    503: 'ServiceUnavailable',
    504: 'Timeout',
  };
  return known[code] ?? 'InternalError';
}

/** What an error is about: the plural resource and its group. */
export interface ResourceName {
  readonly group: string;
  readonly plural: string;
}
function qualified(resource: ResourceName): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}
function about(resource: ResourceName, name: string): StatusDetails {
  return resource.group === '' ? { name, kind: resource.plural } : { name, group: resource.group, kind: resource.plural };
}

export function notFound(resource: ResourceName, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, about(resource, name));
}
export function alreadyExists(resource: ResourceName, name: string): StatusError {
  return new StatusError(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, about(resource, name));
}
export function conflict(resource: ResourceName, name: string, why: string): StatusError {
  return new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    about(resource, name),
  );
}
/** The optimistic-lock failure, in Kubernetes' words. */
export function staleVersion(resource: ResourceName, name: string): StatusError {
  return conflict(resource, name, 'the object has been modified; please apply your changes to the latest version and try again');
}
/** One cause of reason FieldManagerConflict per manager and field; `manager` as messages name it: `"kubectl" using apps/v1`. */
export function applyConflict(conflicts: readonly { manager: string; field: string }[]): StatusError {
  const causes = conflicts.map((clash) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${clash.manager}`,
    field: clash.field,
  }));
  const [only] = conflicts;
  if (conflicts.length === 1 && only !== undefined) {
    return new StatusError(409, 'Conflict', `Apply failed with 1 conflict: conflict with ${only.manager}: ${only.field}`, { causes });
  }
  const byManager = new Map<string, string[]>();
  for (const clash of conflicts) byManager.set(clash.manager, [...(byManager.get(clash.manager) ?? []), clash.field]);
  const text = [...byManager].map(([manager, fields]) => `conflicts with ${manager}:\n- ${fields.join('\n- ')}`).join('\n');
  return new StatusError(409, 'Conflict', `Apply failed with ${conflicts.length} conflicts: ${text}`, { causes });
}
/** What makes an object invalid: field errors as causes. */
export function invalid(kind: { group: string; kind: string }, name: string, errors: readonly FieldError[]): StatusError {
  const causes = errors.map((error) => ({ reason: error.type, message: fieldErrorText(error, false), field: error.field }));
  const texts = [...new Set(errors.map((error) => fieldErrorText(error, true)))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const full = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const details = kind.group === '' ? { name, kind: kind.kind, causes } : { name, group: kind.group, kind: kind.kind, causes };
  return new StatusError(422, 'Invalid', `${full} "${name}" is invalid: ${list}`, details);
}
export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message);
}
export function forbidden(resource: ResourceName, name: string, why: string): StatusError {
  const subject = name === '' ? qualified(resource) : `${qualified(resource)} "${name}"`;
  return new StatusError(403, 'Forbidden', `${subject} is forbidden: ${why}`, about(resource, name));
}
export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}
export function badRequest(message: string, causes?: readonly StatusCause[]): StatusError {
  return new StatusError(400, 'BadRequest', message, causes === undefined ? undefined : { causes });
}
export function methodNotAllowed(resource: ResourceName, verb: string): StatusError {
  return new StatusError(405, 'MethodNotAllowed', `${verb} is not supported on resources of kind "${qualified(resource)}"`);
}
export function notAcceptable(offered: readonly string[]): StatusError {
  return new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${offered.join(', ')}`);
}
export function unsupportedMediaType(sent: string, accepted: readonly string[]): StatusError {
  return new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format (${sent === '' ? 'no Content-Type' : sent}) - accepted media types include: ${accepted.join(', ')}`,
  );
}
export function tooLarge(message: string): StatusError {
  return new StatusError(413, 'RequestEntityTooLarge', message);
}
export function tooManyRequests(message: string, retryAfterSeconds: number, causes?: readonly StatusCause[]): StatusError {
  return new StatusError(429, 'TooManyRequests', message, causes === undefined ? { retryAfterSeconds } : { retryAfterSeconds, causes });
}
export function internalError(message: string, cause?: unknown): StatusError {
  const error = new StatusError(500, 'InternalError', `Internal error occurred: ${message}`);
  error.cause = cause;
  return error;
}
export function serviceUnavailable(message: string): StatusError {
  return new StatusError(503, 'ServiceUnavailable', message);
}

const hasReason =
  (...reasons: readonly StatusReason[]) =>
  (error: unknown): error is StatusError =>
    error instanceof StatusError && reasons.includes(error.reason);
export const isNotFound = hasReason('NotFound');
export const isAlreadyExists = hasReason('AlreadyExists');
export const isConflict = hasReason('Conflict');
export const isInvalid = hasReason('Invalid');
export const isExpired = hasReason('Expired', 'Gone');
export const isForbidden = hasReason('Forbidden');
/** Trying the same call again later can help. */
export const isPassing = hasReason('ServerTimeout', 'Timeout', 'TooManyRequests', 'InternalError', 'ServiceUnavailable');

/** One thing wrong with one field (apimachinery, util/validation/field). */
export interface FieldError {
  readonly type: FieldErrorType;
  /** `spec.slots[0].port`; map keys as `metadata.labels[key]`. */
  readonly field: string;
  readonly value?: unknown;
  readonly detail: string;
}
export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueTypeInvalid'
  | 'FieldValueDuplicate'
  | 'FieldValueNotFound'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany';

const words: Readonly<Record<FieldErrorType, string>> = {
  FieldValueRequired: 'Required value',
  FieldValueInvalid: 'Invalid value',
  FieldValueTypeInvalid: 'Invalid value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueNotFound: 'Not found',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
};

/** `spec.replicas: Invalid value: -1: must be greater than or equal to 0`, with or without the field in front. */
export function fieldErrorText(error: FieldError, withField = true): string {
  const silent = error.type === 'FieldValueRequired' || error.type === 'FieldValueForbidden' || error.type === 'FieldValueTooLong';
  const value = silent || error.value === undefined ? '' : `: ${shortValue(error.value)}`;
  const detail = error.detail === '' ? '' : `: ${error.detail}`;
  return `${withField ? `${error.field}: ` : ''}${words[error.type]}${value}${detail}`;
}

function shortValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
