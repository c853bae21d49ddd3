import type { ApiResponse } from '../api/http.ts';
import { textAnswer } from './answer.ts';
import type { ServerContext } from './context.ts';
import type { RequestInfo } from './request-info.ts';

/** Upper bounds of the duration buckets, in seconds; upstream has more of them. */
const bounds = [0.005, 0.025, 0.1, 0.5, 1, 5, 30];

interface Row {
  readonly labels: string;
  count: number;
  seconds: number;
  readonly buckets: number[];
}

/** Counts requests as kube-apiserver does, and tells them in Prometheus' text format. */
export class RequestMetrics {
  readonly #rows = new Map<string, Row>();

  /** `ms`: from the request to the answer; a watch counts until it has begun. */
  count(info: RequestInfo | undefined, status: number, ms: number): void {
    const { verb = '', group = '', version = '', resource = '', subresource = '' } = info ?? {};
    const name = `verb="${verb.toUpperCase()}",group="${group}",version="${version}",resource="${resource}",subresource="${subresource}"`;
    const labels = `${name},code="${status}"`;
    let row = this.#rows.get(labels);
    if (row === undefined) this.#rows.set(labels, (row = { labels, count: 0, seconds: 0, buckets: bounds.map(() => 0) }));
    row.count++;
    row.seconds += ms / 1000;
    for (const [index, bound] of bounds.entries()) if (ms / 1000 <= bound) row.buckets[index] = (row.buckets[index] ?? 0) + 1;
  }

  /** The page at /metrics. */
  answer(server: ServerContext): ApiResponse {
    const rows = [...this.#rows.values()].sort((a, b) => (a.labels < b.labels ? -1 : 1));
    const lines = [
      '# HELP apiserver_request_total Requests answered.',
      '# TYPE apiserver_request_total counter',
      ...rows.map(({ labels, count }) => `apiserver_request_total{${labels}} ${count}`),
      '# HELP apiserver_request_duration_seconds Time from request to answer.',
      '# TYPE apiserver_request_duration_seconds histogram',
      ...rows.flatMap(histogram),
      '# HELP apiserver_storage_revision Newest revision of the store.',
      '# TYPE apiserver_storage_revision gauge',
      `apiserver_storage_revision ${server.store.revision()}`,
    ];
    const answer = textAnswer(200, `${lines.join('\n')}\n`);
    return { ...answer, headers: { ...answer.headers, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } };
  }
}

function histogram({ labels, count, seconds, buckets }: Row): string[] {
  const name = 'apiserver_request_duration_seconds';
  return [
    ...bounds.map((bound, index) => `${name}_bucket{${labels},le="${bound}"} ${buckets[index] ?? 0}`),
    `${name}_bucket{${labels},le="+Inf"} ${count}`,
    `${name}_sum{${labels}} ${Number(seconds.toFixed(6))}`,
    `${name}_count{${labels}} ${count}`,
  ];
}
