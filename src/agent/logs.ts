import type { ApiRequest, ApiResponse } from '../api/http.ts';
import { keyText } from '../api/object.ts';
import { badRequest, notFound, StatusError } from '../api/status.ts';
import { parseTime, type Clock } from '../base/clock.ts';
import type { LogRecord, RunningContainer } from './runtime.ts';
import type { PodWorker } from './pod-worker.ts';

/** Finds the worker of a pod; undefined when this node does not run it. */
export type FindWorker = (namespace: string, name: string) => PodWorker | undefined;

/**
 * Answers `GET /containerLogs/<namespace>/<pod>/<container>` with the query parameters of the API's pod log (PodLogOptions),
 * as a kubelet does. Anything else is 404.
 */
export function serveLogs(request: ApiRequest, find: FindWorker, clock: Clock): Promise<ApiResponse> {
  return Promise.resolve(answerLogs(request, find, clock));
}

function answerLogs(request: ApiRequest, find: FindWorker, clock: Clock): ApiResponse {
  try {
    const [, route, namespace, pod, container] = request.path.split('/').map((part) => decodeURIComponent(part));
    if (route !== 'containerLogs' || namespace === undefined || pod === undefined || container === undefined) {
      throw new StatusError(404, 'NotFound', `a node does not serve ${request.path}`);
    }
    const worker = find(namespace, pod);
    if (worker === undefined) throw notFound({ group: '', plural: 'pods' }, keyText({ namespace, name: pod }));
    const query = new URLSearchParams(request.query);
    const running = pick(worker, container, query.get('previous') === 'true');
    const body = textOf(running, query, { clock, signal: request.signal ?? new AbortController().signal });
    return { status: 200, headers: { 'content-type': 'text/plain' }, body };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const status = error.toStatus();
    return {
      status: error.code,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(status)),
      object: status,
    };
  }
}

function pick(worker: PodWorker, container: string, previous: boolean): RunningContainer {
  const found = worker.runs(container);
  const run = previous ? found.previous : found.current;
  if (run !== undefined) return run;
  const pod = worker.pod.metadata.name;
  if (previous) throw badRequest(`previous terminated container "${container}" in pod "${pod}" not found`);
  throw badRequest(`container "${container}" in pod "${pod}" is waiting to start: ${found.waiting}`);
}

interface Wanted {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tail: number;
  readonly bytes: number;
  readonly sinceMs: number;
}
function wantedOf(query: URLSearchParams, nowMs: number): Wanted {
  const number = (name: string) => {
    const text = query.get(name);
    if (text === null) return Infinity;
    if (!/^\d+$/.test(text)) throw badRequest(`${name}: Invalid value: "${text}": must be a whole number, 0 or more`);
    return Number(text);
  };
  const since = number('sinceSeconds');
  const sinceTime = parseTime(query.get('sinceTime') ?? undefined);
  return {
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    tail: number('tailLines'),
    bytes: number('limitBytes'),
    sinceMs: sinceTime ?? (since === Infinity ? 0 : nowMs - since * 1000),
  };
}

function textOf(
  running: RunningContainer,
  query: URLSearchParams,
  around: { clock: Clock; signal: AbortSignal },
): AsyncIterable<Uint8Array> {
  const wanted = wantedOf(query, around.clock.now());
  return limited(lines(running, wanted, around.signal), wanted);
}

async function* lines(running: RunningContainer, wanted: Wanted, signal: AbortSignal): AsyncIterable<LogRecord> {
  const late = (record: LogRecord) => (parseTime(record.time) ?? 0) >= wanted.sinceMs;
  if (wanted.tail === Infinity) {
    for await (const record of running.logs({ follow: wanted.follow, signal })) if (late(record)) yield record;
    return;
  }
  const past: LogRecord[] = [];
  let count = 0;
  for await (const record of running.logs({ follow: false, signal })) {
    count++;
    if (!late(record)) continue;
    past.push(record);
    if (past.length > wanted.tail) past.shift();
  }
  yield* past;
  if (!wanted.follow) return;
  for await (const record of running.logs({ follow: true, signal })) if (--count < 0) yield record;
}

async function* limited(records: AsyncIterable<LogRecord>, wanted: Wanted): AsyncIterable<Uint8Array> {
  let left = wanted.bytes;
  for await (const record of records) {
    const bytes = Buffer.from(`${wanted.timestamps ? `${record.time} ` : ''}${record.line}\n`);
    yield bytes.length <= left ? bytes : bytes.subarray(0, left);
    left -= bytes.length;
    if (left <= 0) return;
  }
}
