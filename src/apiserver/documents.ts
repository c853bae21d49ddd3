import type { ApiRequest, ApiResponse } from '../api/http.ts';
import { jsonAnswer, textAnswer } from './answer.ts';
import type { ServerContext } from './context.ts';
import { createDiscovery } from './discovery.ts';
import type { RequestMetrics } from './metrics.ts';
import { metricsKinds } from './metrics-api.ts';
import { writtenMetricsKinds } from './written-metrics.ts';
import { requireJson } from './negotiate.ts';
import { createOpenApi } from './openapi.ts';
import type { RequestInfo } from './request-info.ts';
import { noSuchPath } from './no-such-path.ts';
import { versionInfo } from './version.ts';

const checks = ['ping', 'log', 'store', 'default-objects'];
const healthPaths = new Set(['livez', 'readyz', 'healthz']);

/** Answers all paths that name no resource. @throws StatusError NotFound for others */
export function createDocuments(
  server: ServerContext,
  options: { version: string; isReady: () => boolean; metrics: RequestMetrics },
): (request: ApiRequest, info: RequestInfo) => ApiResponse {
  const discovery = createDiscovery(server.kinds);
  const openapi = createOpenApi(server.kinds);
  const version = versionInfo(options.version);
  return (request, info) => {
    const { parts } = info;
    const [root = ''] = parts;
    if (request.method !== 'GET') throw noSuchPath();
    if (parts.length === 0) return jsonAnswer(200, { paths: rootPaths(server) }, request.wantsObject === true);
    if (root === 'version' && parts.length === 1) {
      requireJson(request.headers['accept']);
      return jsonAnswer(200, version, request.wantsObject === true);
    }
    if (root === 'metrics' && parts.length === 1) return options.metrics.answer(server);
    if (healthPaths.has(root)) return health(info, root, options.isReady());
    const answer = root === 'openapi' ? openapi(request, info) : discovery(request, parts);
    if (answer === undefined) throw noSuchPath();
    return answer;
  };
}

function rootPaths(server: ServerContext): string[] {
  const metrics = [...metricsKinds, ...writtenMetricsKinds].flatMap(({ group, version }) => [
    `/apis/${group}`,
    `/apis/${group}/${version}`,
  ]);
  const groups = new Set(server.kinds.all().map(({ kind }) => (kind.group === '' ? '/api/v1' : `/apis/${kind.group}`)));
  const versions = new Set(server.kinds.all().flatMap(({ kind }) => (kind.group === '' ? [] : [`/apis/${kind.group}/${kind.version}`])));
  return [
    ...new Set([
      '/api',
      '/apis',
      ...groups,
      ...versions,
      ...metrics,
      '/healthz',
      '/livez',
      '/metrics',
      '/openapi/v3',
      '/readyz',
      '/version',
    ]),
  ].sort();
}

/** `ok`, or each check with its mark; single checks have paths of their own. */
function health(info: RequestInfo, root: string, ready: boolean): ApiResponse {
  const failed = (check: string) => check === 'default-objects' && root === 'readyz' && !ready;
  const [, single] = info.parts;
  const asked = single === undefined ? checks : checks.filter((check) => check === single);
  if (asked.length === 0) throw noSuchPath();
  const ok = !asked.some(failed);
  if (ok && (single !== undefined || !info.query.has('verbose'))) return textAnswer(200, 'ok');
  const lines = asked.map((check) => (failed(check) ? `[-]${check} failed: not there yet` : `[+]${check} ok`));
  const answer = textAnswer(ok ? 200 : 500, `${lines.join('\n')}\n${root} check ${ok ? 'passed' : 'failed'}\n`);
  return { ...answer, headers: { ...answer.headers, 'x-content-type-options': 'nosniff' } };
}
