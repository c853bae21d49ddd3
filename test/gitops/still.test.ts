import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import type { Plan } from '../../src/api/plan.ts';
import type { Connection } from '../../src/client/connect.ts';
import { Base } from '../../src/gitops/base-state.ts';
import { desiredOf, type DesiredSet, type ManifestLike } from '../../src/gitops/desired.ts';
import { planOnce } from '../../src/gitops/plan-once.ts';
import { readManifests } from '../../src/gitops/reading.ts';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import { stillIn } from '../../src/gitops/still.ts';
import { createValidate } from '../../src/gitops/validate.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

const labels = { app: 'web' };
const pods = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'web:1' }] } };
function object(apiVersion: string, kind: string, name: string, rest: object = {}): KubeObject {
  return { apiVersion, kind, ...rest, metadata: { name, namespace: 'default', ...(rest as { metadata?: object }).metadata } } as KubeObject;
}
const deployment = (name: string, image = 'web:1') =>
  object('apps/v1', 'Deployment', name, {
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { ...pods, spec: { containers: [{ name: 'main', image }] } } },
  });
const autoscaler = (name: string, target: string) =>
  object('autoscaling/v2', 'HorizontalPodAutoscaler', name, {
    spec: { maxReplicas: 5, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target } },
  });
const service = (name: string, nodePort?: number) =>
  object('v1', 'Service', name, { spec: { type: 'NodePort', selector: labels, ports: [{ port: 80, ...(nodePort && { nodePort }) }] } });
const hook = object('batch/v1', 'Job', 'migrate', {
  metadata: { annotations: { 'steersman.dev/hook': 'PreSync' } },
  spec: { template: { ...pods, spec: { ...pods.spec, restartPolicy: 'Never' } } },
});
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'boats.shop.example' },
  spec: {
    group: 'shop.example',
    scope: 'Namespaced',
    names: { plural: 'boats', singular: 'boat', kind: 'Boat', listKind: 'BoatList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
} as KubeObject;
const account = object('v1', 'ServiceAccount', 'runner');
const map = (name: string, value: string) => object('v1', 'ConfigMap', name, { data: { value } });

describe('stillIn', () => {
  const set = (objects: readonly KubeObject[]): Promise<DesiredSet> =>
    desiredOf(
      objects.map((one): ManifestLike => ({ object: one, origin: { path: 'a.yaml', line: 1 }, blob: 'b' })),
      { namespace: 'default', kindOf: () => Promise.resolve(undefined) },
    );

  it('names what both revisions ask for alike', async () => {
    const still = stillIn(
      await set([map('a', '1'), map('b', '1'), map('c', '1')]),
      await set([map('a', '1'), map('b', '2'), map('d', '1')]),
    );
    expect([...still]).toEqual(['ConfigMap default/a']);
  });

  it.each([
    ['a hook, which runs for each change', [hook]],
    ['a Service whose port others could ask for', [service('s', 30080)]],
    ['a ServiceAccount, by which the server judges pods', [account]],
    ['a CustomResourceDefinition', [definition]],
  ])('leaves out %s', async (_what, objects) => {
    expect([...stillIn(await set(objects), await set(objects))]).toEqual([]);
  });

  it('leaves out what an autoscaler of either revision scales', async () => {
    const [bare, scaled] = [await set([deployment('web')]), await set([deployment('web'), autoscaler('hpa', 'web')])];
    expect([...stillIn(bare, scaled)]).toEqual([]);
    expect([...stillIn(scaled, bare)]).toEqual([]);
    expect([...stillIn(bare, bare)]).toEqual(['apps/Deployment default/web']);
  });
});

describe('a plan from one revision to the next', () => {
  let planes: TestCluster[] = [];
  beforeEach(() => (planes = []));
  afterEach(async () => {
    await Promise.all(planes.map((plane) => plane.stop()));
  });

  it('is the same whether what stays was put into the cluster or not', async () => {
    const boat = (name: string, crew: number) => object('shop.example/v1', 'Boat', name, { spec: { crew } });
    const common = [
      account,
      hook,
      definition,
      deployment('same'),
      service('same'),
      service('port', 30081),
      boat('same', 1),
      map('same', '1'),
    ];
    const before = [...common, deployment('web'), autoscaler('hpa', 'same'), map('gone', '1'), boat('boat', 1)];
    const after = [
      ...common,
      deployment('web', 'web:2'),
      autoscaler('hpa', 'web'),
      service('clash', 30081),
      boat('boat', 2),
      map('new', '1'),
    ];
    const [whole, part] = [await planned({ before, after, whole: true }), await planned({ before, after, whole: false })];
    expect(part.left).toEqual(['ConfigMap default/same', 'Service default/same', 'shop.example/Boat default/same']);
    expect(part.plan.steps.map(withoutUid)).toEqual(whole.plan.steps.map(withoutUid));
    expect(part.plan.planId).toBe(whole.plan.planId);
    expect(part.plan.summary).toMatchObject({ create: 1, configure: 3, prune: 1, blocked: 1, recreate: 1 });
  });

  const withoutUid = ({ uid: _uid, ...step }: Plan['steps'][number]) => step;

  async function planned(of: { before: KubeObject[]; after: KubeObject[]; whole: boolean }): Promise<{ plan: Plan; left: string[] }> {
    const plane = await startCluster({ nodes: 0, controllers: [], scheduler: false });
    planes.push(plane);
    const cluster: Connection = plane.cluster(undefined, 'test');
    const sources = new MemorySource(plane.clock);
    const files = (objects: readonly KubeObject[]) => ({ 'all.yaml': objects.map((one) => JSON.stringify(one)).join('\n---\n') });
    const commit = sources.commit('repo', files(of.before));
    const source = { repo: 'repo', path: '', revision: '', intervalMs: 30_000 };
    const reading = {
      cluster,
      sources,
      renderers: createRenderers(),
      validate: createValidate(plane.clock),
      signal: new AbortController().signal,
    };
    const application = { namespace: 'default', name: 'shop' };
    const options = { source, namespace: 'default', unserved: 'error' as const, commit };
    const work = (async () => {
      const base = await Base.begin(cluster, (await readManifests(reading, options)).manifests, {
        application,
        namespace: 'default',
        wait: (ms) => plane.clock.advance(ms),
      });
      sources.commit('repo', files(of.after));
      let left: string[] = [];
      const standBefore = async (next: DesiredSet) => {
        const state = await base.standBefore(of.whole ? undefined : next);
        left = [...state.still];
        return state;
      };
      const at = { repo: 'repo', path: '', revision: 'a', commit };
      const { plan } = await planOnce({ ...reading, source, application, base: { source: at, standBefore } });
      return { plan, left };
    })();
    let done = false;
    void work.finally(() => (done = true)).catch(() => undefined);
    await plane.until(() => done);
    return work;
  }
});
