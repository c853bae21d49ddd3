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
  /** Undefined when the path could not be read. */
  readonly info: RequestInfo | undefined;
}
/** Told of each answer; must not throw. */
export type Audit = (audited: Audited) => void;

/** Writes one line of JSON per request at Metadata level (audit.k8s.io/v1, Event): no bodies, and no query values but of known options. */
export function createAudit(write: (line: string) => void, random: Random): Audit {
  return (audited) => write(`${JSON.stringify(auditEvent(audited, uuid(random)))}\n`);
}

function auditEvent({ request, answer, started, finished, user, info }: Audited, auditID: string): object {
  const { status } = answer;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID,
    stage: 'ResponseComplete',
    requestURI: request.query === '' ? request.path : `${request.path}?${request.query}`,
    verb: info?.verb ?? request.method.toLowerCase(),
    user: { username: user.name, groups: user.groups },
    sourceIPs: [request.peer?.address ?? '127.0.0.1'],
    ...(request.headers['user-agent'] !== undefined && { userAgent: request.headers['user-agent'] }),
    ...(info?.isResource && { objectRef: objectRef(info, answer) }),
    responseStatus: { metadata: {}, ...reasonOf(answer), code: status },
    requestReceivedTimestamp: microTime(started),
    stageTimestamp: microTime(finished),
  };
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
