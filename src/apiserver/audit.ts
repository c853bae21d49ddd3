import type { ApiRequest, ApiResponse } from '../api/http.ts';
import { dateAt } from '../base/clock.ts';
import { isRecord } from '../base/json.ts';
import { uuid, type Random } from '../base/random.ts';
import { shownBy } from './answer.ts';
import type { User } from './context.ts';
import type { RequestInfo } from './request-info.ts';

/** One request that has been answered. */
export interface Audited {
  readonly request: ApiRequest;
  readonly answer: ApiResponse;
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly finished: number;
  readonly user: User;
  /** As whom it was done, where that is somebody else. */
  readonly impersonated?: User;
  /** Undefined when the path could not be read. */
  readonly info: RequestInfo | undefined;
  /** What authorization and admission have to say beside. */
  readonly notes?: ReadonlyMap<string, string>;
}
/** How much of a request is written down: who did what, also what was sent, also what was answered. */
export type AuditLevel = 'Metadata' | 'Request' | 'RequestResponse';
export const auditLevels: readonly AuditLevel[] = ['Metadata', 'Request', 'RequestResponse'];
/** Told of each answer; must not throw. */
export type Audit = (audited: Audited) => void;

/** Writes one line of JSON per request (audit.k8s.io/v1, Event). Of what may hold secrets there is never a body, whatever the level. */
export function createAudit(write: (line: string) => void, random: Random, level: AuditLevel = 'Metadata'): Audit {
  return (audited) => write(`${JSON.stringify(auditEvent(audited, uuid(random), level))}\n`);
}

/**
 * Whether a log of who changed what shall have it: what changed something or was refused. Reads would only fill it, and so would what the
 * components themselves write all the time, as in upstream's example policies: signs of life of nodes, and events.
 */
export function isWorthWriting({ request, answer, user, info }: Audited): boolean {
  if (answer.status === 401 || answer.status === 403) return true;
  if (request.method === 'GET') return false;
  if (answer.status >= 300 || info === undefined || !writes.has(info.verb) || !component.test(user.name)) return true;
  return !(info.resource === 'events' || (info.resource === 'leases' && info.namespace === 'kube-node-lease'));
}
/** Service accounts, which anybody may have, are none. */
const component = /^system:(?:controller:|kube-|node:)/;

/** Resources whose bodies hold secrets or tokens. */
const secret: ReadonlySet<string> = new Set(['secrets', 'configmaps', 'tokenreviews', 'serviceaccounts/token']);

function auditEvent(audited: Audited, auditID: string, most: AuditLevel): object {
  const { request, answer, started, finished, user, info } = audited;
  const level = levelOf(info, most);
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level,
    auditID,
    stage: 'ResponseComplete',
    requestURI: request.query === '' ? request.path : `${request.path}?${request.query}`,
    verb: info?.verb ?? request.method.toLowerCase(),
    user: userInfo(user),
    ...impersonatedUser(audited),
    sourceIPs: [request.peer?.address ?? '127.0.0.1'],
    ...(request.headers['user-agent'] !== undefined && { userAgent: request.headers['user-agent'] }),
    ...(info?.isResource && { objectRef: objectRef(info, answer) }),
    ...bodies(audited, level),
    responseStatus: { metadata: {}, ...reasonOf(answer), code: answer.status },
    requestReceivedTimestamp: microTime(started),
    stageTimestamp: microTime(finished),
    ...annotationsOf(audited),
  };
}

function levelOf(info: RequestInfo | undefined, most: AuditLevel): AuditLevel {
  if (info?.isResource !== true) return 'Metadata';
  return secret.has(info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`) ? 'Metadata' : most;
}

function bodies({ request, answer }: Audited, level: AuditLevel): object {
  if (level === 'Metadata') return {};
  const sent = request.object ?? jsonOf(request.body);
  const answered = level === 'RequestResponse' ? shownBy(answer) : undefined;
  return { ...(sent !== undefined && { requestObject: sent }), ...(answered !== undefined && { responseObject: answered }) };
}

/** Undefined when it is something else than JSON. */
function jsonOf(body: Uint8Array | undefined): unknown {
  if (body === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()) as unknown;
  } catch {
    return undefined; // YAML, protobuf, or what the request was refused for.
  }
}

function impersonatedUser({ impersonated }: Audited): object {
  return impersonated === undefined ? {} : { impersonatedUser: userInfo(impersonated) };
}
function annotationsOf({ notes }: Audited): object {
  return notes === undefined || notes.size === 0 ? {} : { annotations: Object.fromEntries(notes) };
}

function userInfo({ name, uid, groups, extra }: User): object {
  return { username: name, ...(uid !== undefined && { uid }), groups, ...(extra !== undefined && { extra }) };
}

function objectRef(info: RequestInfo, answer: ApiResponse): object {
  const { group, version, resource, subresource, namespace } = info;
  const written = writtenMetadata(info, answer);
  const name = info.name === '' ? (written['name'] ?? '') : info.name;
  return {
    resource,
    ...(namespace !== '' && { namespace }),
    ...(name !== '' && { name }),
    ...(written['uid'] !== undefined && { uid: written['uid'] }),
    ...(group !== '' && { apiGroup: group }),
    apiVersion: version,
    ...(written['resourceVersion'] !== undefined && { resourceVersion: written['resourceVersion'] }),
    ...(subresource !== '' && { subresource }),
  };
}

const writes: ReadonlySet<string> = new Set(['create', 'update', 'patch']);

/** Of the object that a write answers: with its version a reader can tell which writes have changed something. */
function writtenMetadata(info: RequestInfo, answer: ApiResponse): Record<string, unknown> {
  if (!writes.has(info.verb) || answer.status >= 300) return {};
  const object = shownBy(answer);
  const metadata = isRecord(object) ? object['metadata'] : undefined;
  return isRecord(metadata) ? metadata : {};
}

function reasonOf(answer: ApiResponse): object {
  if (answer.status < 400) return {};
  const object = shownBy(answer);
  return isRecord(object) && typeof object['reason'] === 'string' ? { status: 'Failure', reason: object['reason'] } : { status: 'Failure' };
}

function microTime(ms: number): string {
  return `${dateAt(ms).toISOString().slice(0, 23)}000Z`;
}
