import { afterEach, describe, expect, it } from 'vitest';
import { Application, ApplicationRevision, ConfigMap, Deployment, Event, Secret } from '../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../src/api/object.ts';
import type { Plan } from '../../src/api/plan.ts';
import { applyBase } from '../../src/gitops/base-state.ts';
import { planOnce, type PlanRequest } from '../../src/gitops/plan-once.ts';
import { readManifests } from '../../src/gitops/reading.ts';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { configMap, deployment, startGitOps, yaml, type TestGitOps } from '../support/gitops.ts';

let world: TestGitOps;
let other: TestCluster | undefined;
afterEach(async () => {
  await world.stop();
  await other?.stop();
  other = undefined;
});

const at = (name: string) => ({ namespace: 'default', name });
const by = (fieldManager: string) => ({ fieldManager });
const validate: PlanRequest['validate'] = (manifests) => Promise.resolve({ manifests, notes: [] });
function reading(commit?: string) {
  return {
    cluster: world.client,
    sources: world.source,
    renderers: createRenderers(),
    validate,
    source: { repo: 'repo', path: '', revision: commit ?? '', intervalMs: 30_000 },
    application: at('shop'),
    signal: new AbortController().signal,
  };
}
async function planned(more: Partial<PlanRequest> = {}): Promise<Plan> {
  let answer: Plan | undefined;
  const work = planOnce({ ...reading(), ...more }).then(({ plan }) => (answer = plan));
  await world.cluster.until(() => answer !== undefined);
  return work;
}
/** The plan from one commit to another on an API server in memory. */
async function plannedOver(a: string, b: string): Promise<Plan> {
  other = await startCluster({ controllers: [], nodes: 0, scheduler: false });
  const cluster = other.cluster();
  let offline: Plan | undefined;
  const work = (async () => {
    const base = await readManifests(
      { ...reading(), cluster },
      { source: reading().source, namespace: 'default', unserved: 'error', commit: a },
    );
    const state = await applyBase(cluster, base.manifests, { application: at('shop'), namespace: 'default' });
    const source = { repo: 'repo', path: '', revision: 'a', commit: a };
    return (offline = (await planOnce({ ...reading(), cluster, commit: b, base: { source, standBefore: () => Promise.resolve(state) } }))
      .plan);
  })();
  await other.until(() => offline !== undefined);
  return work;
}
const secret = (password: string): KubeObject =>
  ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db' }, type: 'Opaque', stringData: { password } }) as never;

describe('a reviewed plan', () => {
  async function reviewed(): Promise<Plan> {
    world = await startGitOps();
    world.source.commit('repo', {
      'a.yaml': yaml(deployment('web', { replicas: 2 }), configMap('settings', { k: '1' }), secret('hunter2-first')),
    });
    await world.application('shop', { sync: { auto: false }, respect: ['scaler'] });
    await world.ask('shop', { action: 'sync' });
    const change = {
      'a.yaml': yaml(deployment('web', { replicas: 2, image: 'web:2' }), configMap('settings', { k: '2' }), secret('hunter2-second')),
    };
    world.source.commit('repo', change, { branch: 'feature', from: (await world.revisions('shop'))[0]?.spec.commit ?? '' });
    return planned({ source: { ...reading().source, revision: 'feature' } });
  }
  const merge = () =>
    world.source.commit('repo', {
      'a.yaml': yaml(deployment('web', { replicas: 2, image: 'web:2' }), configMap('settings', { k: '2' }), secret('hunter2-second')),
    });

  it('keeps its id through status writes, a respected scale and a squash, and is applied exactly', async () => {
    const plan = await reviewed();
    expect(plan.summary).toMatchObject({ configure: 3, unchanged: 0, create: 0 });
    await world.client.patch(Deployment, at('web'), { status: { observedGeneration: 1 } }, { subresource: 'status' });
    await world.client.patch(Deployment, at('web'), { spec: { replicas: 4 } }, by('scaler'));
    await world.cluster.clock.advance(5000);
    merge();
    await world.cluster.clock.advance(1000);
    expect((await planned()).planId).toBe(plan.planId);
    const { status } = await world.ask('shop', { action: 'apply', commit: plan.source.commit, planId: plan.planId });
    expect(status?.operation).toMatchObject({ type: 'apply', phase: 'Succeeded', planId: plan.planId });
    const web = await world.client.get(Deployment, at('web'));
    expect([web.spec.replicas, web.spec.template.spec?.containers[0]?.image]).toEqual([4, 'web:2']);
    expect((await planned()).summary).toMatchObject({ configure: 0, create: 0, unchanged: 3 });
  });

  it('is refused after a change to a planned field, naming object, field and writer, and changes nothing', async () => {
    const plan = await reviewed();
    await world.client.patch(ConfigMap, at('settings'), { data: { k: '7' } }, by('kubectl-edit'));
    // suspended, so that the drift is not healed before the plan is looked at
    await world.client.patch(Application, at('shop'), { spec: { suspend: true } });
    await world.client.patch(ConfigMap, at('settings'), { data: { k: '8' } }, by('kubectl-edit'));
    const before = (await world.client.get(Deployment, at('web'))).metadata.resourceVersion;
    const steps = Object.fromEntries(
      plan.steps
        .filter((step) => step.action === 'configure')
        .map((step) => [`${step.ref.group === '' ? '' : `${step.ref.group}/`}${step.ref.kind} default/${step.ref.name}`, step.digest]),
    );
    for (const request of [{ steps }, {}]) {
      const { status } = await world.ask('shop', { action: 'apply', commit: plan.source.commit, planId: plan.planId, ...request });
      expect(status?.operation?.phase).toBe('Refused');
      expect(status?.operation?.message).toMatch(/ConfigMap default\/settings: data\.k was changed by kubectl-edit at 2026-/);
    }
    expect((await world.client.get(ConfigMap, at('settings'))).data).toEqual({ k: '8' });
    expect((await world.client.get(Deployment, at('web'))).metadata.resourceVersion).toBe(before);
  });

  it('shows no secret value anywhere', async () => {
    const plan = await reviewed();
    await world.ask('shop', { action: 'apply', commit: plan.source.commit, planId: plan.planId });
    const seen = JSON.stringify([
      plan,
      await world.app('shop'),
      (await world.client.list(ApplicationRevision)).items,
      (await world.client.list(Event)).items,
      world.cluster.troubles,
    ]);
    for (const value of ['hunter2-first', 'hunter2-second']) {
      expect(seen).not.toContain(value);
      expect(seen).not.toContain(Buffer.from(value).toString('base64'));
    }
    expect(JSON.stringify(plan)).toMatch(/"\/data\/password","value":"<[0-9a-f]{40}>"|"value":"<[0-9a-f]{40}>"/);
    expect(Buffer.from((await world.client.get(Secret, at('db'))).data?.['password'] ?? '', 'base64').toString()).toBe('hunter2-second');
  });
});

describe('a plan over a base in memory', () => {
  it('has the steps and the id of the live plan of a cluster that stands at its base', async () => {
    world = await startGitOps();
    const files = { 'a.yaml': yaml(deployment('web'), configMap('settings', { k: '1' }), configMap('old', {}), secret('one')) };
    const a = world.source.commit('repo', files);
    await world.application('shop', { sync: { auto: false } });
    await world.ask('shop', { action: 'sync' });
    const b = world.source.commit('repo', {
      'a.yaml': yaml(deployment('web', { image: 'web:2' }), configMap('settings', { k: '1' }), configMap('new', {}), secret('two')),
    });
    const live = await planned({ commit: b });

    const offline = await plannedOver(a, b);
    const shown = (plan: Plan) => plan.steps.map(({ action, ref, patch, digest, why }) => ({ action, ref, patch, digest, why }));
    expect(shown(offline)).toEqual(shown(live));
    expect(offline.planId).toBe(live.planId);
    expect(live.steps.map((step) => [step.action, step.ref.name])).toEqual([
      ['create', 'new'],
      ['unchanged', 'settings'],
      ['configure', 'db'],
      ['configure', 'web'],
      ['prune', 'old'],
    ]);
  });

  it('has the steps of the live plan of a cluster to which kubectl applied its base', async () => {
    world = await startGitOps();
    const objects = [deployment('web'), configMap('settings', { k: '1', gone: '1' }), { ...secret('one') }];
    const a = world.source.commit('repo', { 'a.yaml': yaml(...objects) });
    for (const object of objects) {
      const memory = JSON.stringify(object);
      const metadata = {
        ...object.metadata,
        namespace: 'default',
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': memory },
      };
      const kind = await world.client.kindOf(object);
      await world.client.create(kind as NonNullable<typeof kind>, { ...object, metadata }, by('kubectl-client-side-apply'));
    }
    await world.cluster.settle();
    const b = world.source.commit('repo', {
      'a.yaml': yaml(deployment('web', { image: 'web:2' }), configMap('settings', { k: '2' }), configMap('new', {}), secret('two')),
    });
    const live = await planned({ commit: b });
    const offline = await plannedOver(a, b);
    const shown = (plan: Plan) => plan.steps.map(({ action, ref, patch, digest }) => ({ action, ref, patch, digest }));
    expect(shown(offline)).toEqual(shown(live));
    expect(live.steps.map((step) => [step.action, step.ref.name])).toEqual([
      ['create', 'new'],
      ['configure', 'settings'],
      ['configure', 'db'],
      ['configure', 'web'],
    ]);
    expect(live.steps[1]?.patch).toEqual([
      { op: 'test', path: '/data/gone', value: '1' },
      { op: 'remove', path: '/data/gone' },
      { op: 'test', path: '/data/k', value: '1' },
      { op: 'replace', path: '/data/k', value: '2' },
    ]);
  });

  it('is empty right after a sync, also with reordered keys, other spellings of quantities, defaults spelled out and nulls', async () => {
    world = await startGitOps();
    const limits = { cpu: '1', memory: '128Mi' };
    const web = (container: object, spec: object = {}) => {
      const object = deployment('web') as never as { spec: { template: { spec: { containers: object[] } } } };
      object.spec = { ...spec, ...object.spec, template: { ...object.spec.template, spec: { containers: [container] } } } as never;
      return object;
    };
    world.source.commit('repo', { 'a.yaml': yaml(web({ name: 'web', image: 'web:1', resources: { limits } })) });
    await world.application('shop');
    await world.synced('shop');
    const spelled = web(
      {
        terminationMessagePolicy: 'File',
        resources: { limits: { memory: '131072Ki', cpu: '1000m' } },
        imagePullPolicy: 'IfNotPresent',
        image: 'web:1',
        name: 'web',
        command: null,
      },
      { progressDeadlineSeconds: 600, revisionHistoryLimit: 10, paused: null },
    );
    world.source.commit('repo', { 'a.yaml': yaml(spelled) });
    const plan = await planned();
    expect(plan.steps.map((step) => [step.action, step.patch])).toEqual([['unchanged', []]]);
  });
});
