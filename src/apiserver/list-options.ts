import { badRequest, invalid, StatusError, type FieldError } from '../api/status.ts';
import type { Revision } from '../store/store.ts';
import { isTrue } from './request-info.ts';

/** How a list or watch is to be read (meta.k8s.io, ListOptions), without its selectors. */
export interface ListOptions {
  /** 0 is no limit. */
  readonly limit: number;
  readonly continue?: ContinueToken;
  /** Undefined is the most recent; 0 is any. */
  readonly revision?: Revision;
  readonly match?: 'Exact' | 'NotOlderThan';
  readonly sendInitialEvents?: boolean;
  readonly bookmarks: boolean;
  readonly timeoutSeconds?: number;
}
export interface ContinueToken {
  /** -1 in the fresh token of an expired one: go on with what is newest. */
  readonly revision: Revision;
  /** Behind the resource's prefix; the page starts behind it. */
  readonly start: string;
}

type Three = [string, string, string];

/** Reads and checks the query of a list or watch. @throws StatusError Invalid, BadRequest */
export function readListOptions(query: URLSearchParams, watch: boolean): ListOptions {
  const [version, match, token] = ['resourceVersion', 'resourceVersionMatch', 'continue'].map((name) => query.get(name) ?? '') as Three;
  const initial = query.get('sendInitialEvents');
  const errors = watch ? watchErrors(match, initial) : listErrors({ version, match, token, initial });
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  const revision = version === '' ? undefined : readRevision(version);
  if (!watch && token !== '' && revision !== undefined && revision !== 0) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  return {
    limit: readCount(query, 'limit') ?? 0,
    bookmarks: isTrue(query.get('allowWatchBookmarks')),
    ...(token !== '' && !watch && { continue: readToken(token) }),
    ...(revision !== undefined && { revision }),
    ...((match === 'Exact' || match === 'NotOlderThan') && { match }),
    ...watchOptions(query),
  };
}

function watchOptions(query: URLSearchParams): Pick<ListOptions, 'sendInitialEvents' | 'timeoutSeconds'> {
  const initial = query.get('sendInitialEvents');
  const timeoutSeconds = readCount(query, 'timeoutSeconds');
  return { ...(initial !== null && { sendInitialEvents: isTrue(initial) }), ...(timeoutSeconds !== undefined && { timeoutSeconds }) };
}

/** A resourceVersion as a number. @throws StatusError Invalid */
export function readRevision(text: string): Revision {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const detail = 'must be a version that this server has answered';
  throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
    { type: 'FieldValueInvalid', field: 'resourceVersion', value: text, detail },
  ]);
}

/** @throws StatusError Timeout when `revision` lies in the future */
export function requireReached(revision: Revision | undefined, newest: Revision): void {
  if (revision === undefined || revision <= newest) return;
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  throw new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${revision}, current: ${newest}`, {
    retryAfterSeconds: 1,
    causes,
  });
}

export function writeToken(token: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision, start: token.start })).toString('base64url');
}

function readToken(text: string): ContinueToken {
  let token: unknown;
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch (cause) {
    const error = badRequest('continue key is not valid: it is no token of this server');
    error.cause = cause;
    throw error;
  }
  const { v, rv, start } = (typeof token === 'object' && token !== null ? token : {}) as Record<string, unknown>;
  if (
    v !== 'meta.k8s.io/v1' ||
    typeof rv !== 'number' ||
    !Number.isSafeInteger(rv) ||
    rv === 0 ||
    typeof start !== 'string' ||
    start === ''
  ) {
    throw badRequest('continue key is not valid: it lacks a version, revision or start key');
  }
  return { revision: rv, start };
}

function readCount(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: must be a whole number of 0 or more`);
  return Number(text);
}

const forbiddenField = (field: string, detail: string): FieldError => ({ type: 'FieldValueForbidden', field, detail });
function unsupportedMatch(match: string): FieldError {
  return {
    type: 'FieldValueNotSupported',
    field: 'resourceVersionMatch',
    value: match,
    detail: 'supported values: "Exact", "NotOlderThan"',
  };
}

function listErrors(options: { version: string; match: string; token: string; initial: string | null }): FieldError[] {
  const errors: FieldError[] = [];
  const { version, match, token, initial } = options;
  if (initial !== null) errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  if (match === '') return errors;
  if (token !== '') errors.push(forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
  if (version === '')
    errors.push(forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  if (match !== 'Exact' && match !== 'NotOlderThan') errors.push(unsupportedMatch(match));
  if (match === 'Exact' && version === '0') {
    errors.push(forbiddenField('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  return errors;
}

function watchErrors(match: string, initial: string | null): FieldError[] {
  const errors: FieldError[] = [];
  if (initial === null) {
    if (match !== '')
      errors.push(
        forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
      );
    return errors;
  }
  if (match === '')
    errors.push(forbiddenField('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  else if (match !== 'NotOlderThan') errors.push(unsupportedMatch(match));
  return errors;
}
