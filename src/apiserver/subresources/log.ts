import type { ApiRequest, ApiResponse } from '../../api/http.ts';
import type { KubeObject } from '../../api/object.ts';
import { badRequest, methodNotAllowed, StatusError } from '../../api/status.ts';
import { textAnswer } from '../answer.ts';
import type { Call } from '../context.ts';
import { found } from '../rest/get.ts';
import type { Subresource } from './index.ts';
import { checkLogOptions } from './log-options.ts';

interface PodShape extends KubeObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly containers?: readonly Named[];
    readonly initContainers?: readonly Named[];
    readonly ephemeralContainers?: readonly Named[];
  };
}
interface Named {
  readonly name: string;
}

/** What a container has written, asked of the agent on the pod's node and passed on as it comes. */
export const log: Subresource = {
  name: 'log',
  verbs: ['get'],
  handle: async (call) => {
    if (call.info.verb !== 'get') throw methodNotAllowed(call.kind.kind, call.info.verb);
    const pod = (await found(call)).value() as PodShape;
    checkLogOptions(call.info.query, pod.metadata.name);
    const container = containerOf(pod, call.info.query.get('container') ?? '');
    const node = pod.spec.nodeName ?? '';
    if (node === '') return textAnswer(200, '');
    return passOn(call, node, `/containerLogs/${call.info.namespace}/${call.info.name}/${container}`);
  },
};

function containerOf(pod: PodShape, asked: string): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec;
  const names = (list: readonly Named[]) => list.map(({ name }) => name).join(' ');
  if (asked !== '') {
    if ([...containers, ...initContainers, ...ephemeralContainers].some(({ name }) => name === asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`);
  }
  const [only] = containers;
  if (only !== undefined && containers.length === 1) return only.name;
  const init = initContainers.length > 0 ? ` or one of the init containers: [${names(initContainers)}]` : '';
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names(containers)}]${init}`);
}

async function passOn(call: Call, node: string, path: string): Promise<ApiResponse> {
  const query = new URLSearchParams(call.info.query);
  query.delete('container');
  const { signal } = call.request;
  const request: ApiRequest = { method: 'GET', path, query: query.toString(), headers: {}, ...(signal && { signal }) };
  const answer = await call.server.reachNode(node)(request);
  if (answer.status !== 200) throw await refusal(answer);
  return { status: 200, headers: { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' }, body: answer.body };
}

/** The agent's own words, as an error of ours. */
async function refusal(answer: ApiResponse): Promise<StatusError> {
  if (answer.object !== undefined) return StatusError.from(answer.object, answer.status);
  const chunks: Uint8Array[] = [];
  if (answer.body instanceof Uint8Array) chunks.push(answer.body);
  else for await (const chunk of answer.body) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  try {
    return StatusError.from(JSON.parse(text), answer.status);
  } catch {
    // No JSON: the agent has answered in plain text.
    return new StatusError(answer.status, 'InternalError', text.trim());
  }
}
