import { describe, expect, it } from 'vitest';
import type { ApiRequest, ApiResponse, Transport } from '../../src/api/http.ts';
import type { Kind } from '../../src/api/object.ts';
import { StatusError, notFound } from '../../src/api/status.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { connect, type Connection } from '../../src/client/connect.ts';
import { answer, refusal } from './scripted.ts';

const verbs = ['create', 'get', 'list', 'watch'];
const pod: Kind = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const node: Kind = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };
const hpa2: Kind = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
};
const hpa1: Kind = { ...hpa2, version: 'v1' };

interface Served {
  readonly documents: Record<string, ApiResponse>;
  readonly asked: string[];
  readonly accepts: string[];
  readonly cluster: Connection;
  readonly clock: SimulatedClock;
}
function serve(documents: Record<string, ApiResponse>): Served {
  const asked: string[] = [];
  const accepts: string[] = [];
  const transport: Transport = async (request: ApiRequest) => {
    asked.push(request.path);
    accepts.push(request.headers['accept'] ?? '');
    return documents[request.path] ?? refusal(notFound({ group: '', plural: 'paths' }, request.path));
  };
  const clock = new SimulatedClock();
  return { documents, asked, accepts, clock, cluster: connect(transport, { clock, random: seededRandom(1), userAgent: 'steer-test/1' }) };
}
const resource = (kind: Kind, more: string[] = verbs) => ({
  resource: kind.plural,
  responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
  scope: kind.namespaced ? 'Namespaced' : 'Cluster',
  verbs: more,
});
function aggregated(
  groups: readonly { name: string; versions: readonly { version: string; resources: readonly object[] }[] }[],
  version = 'v2',
): ApiResponse {
  const items = groups.map(({ name, versions }) => ({
    metadata: { name },
    versions: versions.map((each) => ({ ...each, freshness: 'Current' })),
  }));
  return answer({ kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items });
}
const review = { ...pod, group: 'authorization.k8s.io', kind: 'SubjectAccessReview', plural: 'subjectaccessreviews' };
const modern = () => ({
  '/api': aggregated([{ name: '', versions: [{ version: 'v1', resources: [resource(pod), resource(node)] }] }]),
  '/apis': aggregated([
    {
      name: 'autoscaling',
      versions: [
        { version: 'v2', resources: [resource(hpa2)] },
        { version: 'v1', resources: [resource(hpa1)] },
      ],
    },
    { name: 'authorization.k8s.io', versions: [{ version: 'v1', resources: [resource(review, ['create'])] }] },
  ]),
});
const find = (served: Served, apiVersion: string, kind: string) => served.cluster.kindOf({ apiVersion, kind });

describe('aggregated discovery', () => {
  it('is asked for in both its versions, with the classic form as the last choice', async () => {
    const served = serve(modern());
    await served.cluster.kinds();
    expect(served.asked.sort()).toEqual(['/api', '/apis']);
    expect(served.accepts[0]).toBe(
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,' +
        'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json',
    );
  });
  it('gives the kinds that can be listed, preferred versions first', async () => {
    expect(await serve(modern()).cluster.kinds()).toEqual([pod, node, hpa2, hpa1]);
  });
  it('finds also what can only be created', async () => {
    expect(await find(serve(modern()), 'authorization.k8s.io/v1', 'SubjectAccessReview')).toEqual(review);
  });
});

describe('classic discovery', () => {
  const list = (groupVersion: string, resources: readonly object[]) => answer({ kind: 'APIResourceList', groupVersion, resources });
  const old = (): Record<string, ApiResponse> => ({
    '/api': answer({ kind: 'APIVersions', versions: ['v1'] }),
    '/apis': answer({
      kind: 'APIGroupList',
      groups: [
        {
          name: 'autoscaling',
          versions: [{ groupVersion: 'autoscaling/v1' }, { groupVersion: 'autoscaling/v2' }],
          preferredVersion: { groupVersion: 'autoscaling/v2' },
        },
        { name: 'metrics.k8s.io', versions: [{ groupVersion: 'metrics.k8s.io/v1' }] },
      ],
    }),
    '/api/v1': list('v1', [
      { name: 'pods', namespaced: true, kind: 'Pod', verbs },
      { name: 'pods/log', namespaced: true, kind: 'Pod', verbs: ['get'] },
      { name: 'nodes', namespaced: false, kind: 'Node', verbs },
    ]),
    '/apis/autoscaling/v2': list('autoscaling/v2', [{ name: hpa2.plural, namespaced: true, kind: hpa2.kind, verbs }]),
    '/apis/autoscaling/v1': list('autoscaling/v1', [{ name: hpa1.plural, namespaced: true, kind: hpa1.kind, verbs }]),
    '/apis/metrics.k8s.io/v1': refusal(new StatusError(503, 'ServiceUnavailable', 'its server is away')),
  });
  it('is used where the server has nothing better; a group that is away holds up no other', async () => {
    expect(await serve(old()).cluster.kinds()).toEqual([pod, node, hpa2, hpa1]);
  });
  it('fails when the server refuses who asks', async () => {
    const served = serve({ ...old(), '/apis/autoscaling/v2': refusal(new StatusError(403, 'Forbidden', 'no')) });
    await expect(served.cluster.kinds()).rejects.toMatchObject({ code: 403 });
  });
});

describe('what was found', () => {
  it('is kept: many questions at once and later ask the server once', async () => {
    const served = serve(modern());
    await Promise.all([find(served, 'v1', 'Pod'), find(served, 'autoscaling/v2', 'HorizontalPodAutoscaler'), served.cluster.kinds()]);
    await served.clock.advance(5_000);
    expect(await find(served, 'v1', 'Node')).toEqual(node);
    expect(served.asked).toHaveLength(2);
  });
  it('is asked for again when a kind is not in it, but once a second at most', async () => {
    const served = serve(modern());
    expect(await find(served, 'example.dev/v1', 'Widget')).toBeUndefined();
    expect(await find(served, 'example.dev/v1', 'Widget')).toBeUndefined();
    expect(served.asked).toHaveLength(2);
    await served.clock.advance(1_000);
    const widget: Kind = { group: 'example.dev', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: false };
    served.documents['/apis'] = aggregated([{ name: 'example.dev', versions: [{ version: 'v1', resources: [resource(widget)] }] }]);
    expect(await find(served, 'example.dev/v1', 'Widget')).toEqual(widget);
    expect(served.asked).toHaveLength(4);
  });
  it('is not replaced by a failure', async () => {
    const served = serve(modern());
    await served.cluster.kinds();
    await served.clock.advance(60_000);
    served.documents['/apis'] = refusal(new StatusError(500, 'InternalError', 'no'));
    await expect(served.cluster.kinds()).rejects.toMatchObject({ code: 500 });
    expect(await find(served, 'v1', 'Pod')).toEqual(pod);
  });
});
