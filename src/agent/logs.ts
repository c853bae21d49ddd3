import type { ApiRequest, ApiResponse } from '../api/http.ts';
import { keyText } from '../api/object.ts';
import { badRequest, notFound } from '../api/status.ts';
import { parseTime, type Clock } from '../base/clock.ts';
import { readCriLog } from './cri-log.ts';
import { isThere } from './log-files.ts';
import type { LogRecord } from './runtime.ts';
import type { PodWorker } from './pod-worker.ts';

/** Finds the worker of a pod; undefined when this node does not run it. */
export type FindWorker = (namespace: string, name: string) => Promise<PodWorker | undefined>;
export interface LogOptions {
  readonly clock: Clock;
}

/**
 * Answers `GET /containerLogs/<namespace>/<pod>/<container>` with the query parameters of the API's pod log (PodLogOptions),
 * as a kubelet does. @throws StatusError NotFound, BadRequest
 */
export async function answerLogs(request: ApiRequest, find: FindWorker, options: LogOptions): Promise<ApiResponse> {
  const [, , namespace = '', pod = '', container = ''] = request.path.split('/').map((part) => decodeURIComponent(part));
  const worker = await find(namespace, pod);
  if (worker === undefined) throw notFound({ group: '', plural: 'pods' }, keyText({ namespace, name: pod }));
  const query = new URLSearchParams(request.query);
  const wanted = wantedOf(query, options.clock.now());
  const signal = request.signal ?? new AbortController().signal;
  const read = await pick(worker, { container, previous: query.get('previous') === 'true' }, options);
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: limited(lines(read, wanted, signal), wanted) };
}

/** The output of one run. */
type Read = (options: { follow: boolean; signal: AbortSignal }) => AsyncIterable<LogRecord>;

/** The run itself where this life of the agent knows it, else its file. */
async function pick(worker: PodWorker, of: { container: string; previous: boolean }, { clock }: LogOptions): Promise<Read> {
  const { container, previous } = of;
  const found = worker.runs(container);
  const { run, file } = previous ? found.previous : found.current;
  if (run !== undefined) return (options) => run.logs(options);
  if (file !== undefined && (await clock.outside(isThere(file))))
    return (options) => readCriLog(file, { ...options, follow: false, clock });
  const pod = worker.pod.metadata.name;
  if (previous) throw badRequest(`previous terminated container "${container}" in pod "${pod}" not found`);
  const waiting = /Image/.test(found.waiting) ? 'trying and failing to pull image' : found.waiting;
  throw badRequest(`container "${container}" in pod "${pod}" is waiting to start: ${waiting}`);
}

interface Wanted {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tail: number;
  readonly bytes: number;
  readonly sinceMs: number;
  readonly stream: LogRecord['stream'] | undefined;
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
    stream: streamOf(query.get('stream')),
  };
}

/** Both where none is named. */
function streamOf(text: string | null): LogRecord['stream'] | undefined {
  if (text === 'Stdout') return 'stdout';
  return text === 'Stderr' ? 'stderr' : undefined;
}

async function* lines(read: Read, wanted: Wanted, signal: AbortSignal): AsyncIterable<LogRecord> {
  const isWanted = (record: LogRecord): boolean =>
    (wanted.stream === undefined || record.stream === wanted.stream) && (parseTime(record.time) ?? 0) >= wanted.sinceMs;
  if (wanted.tail === Infinity) {
    for await (const record of read({ follow: wanted.follow, signal })) if (isWanted(record)) yield record;
    return;
  }
  const past: LogRecord[] = [];
  let count = 0;
  for await (const record of read({ follow: false, signal })) {
    count++;
    if (!isWanted(record)) continue;
    past.push(record);
    if (past.length > wanted.tail) past.shift();
  }
  yield* past;
  if (!wanted.follow) return;
  for await (const record of read({ follow: true, signal })) if (--count < 0 && isWanted(record)) yield record;
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
