import type { ApiRequest, ApiResponse, Transport } from '../api/http.ts';
import { StatusError } from '../api/status.ts';
import { answerLogs, type FindWorker, type LogOptions } from './logs.ts';
import { cadvisorText, resourceText } from './stats/prometheus.ts';
import type { StatsCollector } from './stats/collector.ts';

export interface ServeOptions extends LogOptions {
  readonly find: FindWorker;
  readonly stats: StatsCollector;
}

const prometheusType = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * What a node answers, as a kubelet does: `/containerLogs/<namespace>/<pod>/<container>`, `/stats/summary`, `/metrics/cadvisor`,
 * `/metrics/resource`, `/healthz`. Anything else is 404.
 */
export function serveNode(options: ServeOptions): Transport {
  return async (request) => {
    try {
      return await answer(request, options);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return { ...jsonAnswer(error.toStatus()), status: error.code };
    }
  };
}

async function answer(request: ApiRequest, options: ServeOptions): Promise<ApiResponse> {
  const { path } = request;
  if (request.method !== 'GET') throw new StatusError(405, 'MethodNotAllowed', `a node does not serve ${request.method}`);
  if (path.startsWith('/containerLogs/')) return answerLogs(request, options.find, options);
  if (path === '/stats/summary') return jsonAnswer(await options.stats.summary());
  if (path === '/metrics/cadvisor') return textAnswer(cadvisorText(await options.stats.summary()));
  if (path === '/metrics/resource' || path === '/metrics') return textAnswer(resourceText(await options.stats.summary()));
  if (path === '/healthz') return textAnswer('ok');
  throw new StatusError(404, 'NotFound', `a node does not serve ${path}`);
}

function jsonAnswer(object: unknown): ApiResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(object)), object };
}
function textAnswer(text: string): ApiResponse {
  return { status: 200, headers: { 'content-type': prometheusType }, body: Buffer.from(text) };
}
