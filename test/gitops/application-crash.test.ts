import { afterEach, describe, expect, it } from 'vitest';
import { ConfigMap, Deployment, Job } from '../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../src/api/object.ts';
import type { ApiRequest } from '../../src/api/http.ts';
import type { Cluster } from '../../src/client/cluster.ts';
import { gitopsUser } from '../../src/controlplane/identities.ts';
import { applicationController } from '../../src/gitops/controller.ts';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import type { Controller } from '../../src/reconcile/controller.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { configMap, deployment, yaml } from '../support/gitops.ts';
import { Application, ApplicationRevision } from '../../src/api/kinds.generated.ts';

let cluster: TestCluster | undefined;
afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

/** A cluster whose n-th write is its last act: it is lost before it is sent, or done and its answer lost. Then nothing works any more. */
function dying(real: Cluster, at: number, when: 'before' | 'after'): { cluster: Cluster; died(): boolean } {
  let count = 0;
  let dead = false;
  const writes = new Set(['create', 'update', 'patch', 'apply', 'delete']);
  const proxy = new Proxy(real, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== 'function') return member;
      return async (...parameters: unknown[]) => {
        if (dead) throw new Error('the process is gone');
        const options = parameters.at(-1) as { dryRun?: boolean } | undefined;
        const last = writes.has(String(name)) && options?.dryRun !== true && ++count === at;
        if (last && when === 'before') dead = true;
        if (dead) throw new Error('the process is gone');
        const answer = (await (member as (...all: unknown[]) => Promise<unknown>).apply(target, parameters)) as unknown;
        if (last) dead = true;
        if (dead) throw new Error('the process is gone');
        return answer;
      };
    },
  });
  return { cluster: proxy, died: () => dead };
}

const job: KubeObject = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'migrate', annotations: { 'steersman.dev/wave': '-1' } },
  spec: { ttlSecondsAfterFinished: 1, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'run', image: 'migrate:1' }] } } },
} as never;
const hook = { ...job, metadata: { name: 'check', annotations: { 'steersman.dev/hook': 'PreSync' } } };
const first = { 'a.yaml': yaml(hook, job, configMap('old', { k: '1' }), configMap('settings', { k: '1' }), deployment('web')) };
const second = { 'a.yaml': yaml(hook, job, configMap('settings', { k: '2' }), deployment('web', { image: 'web:2' })) };

/** Successful writes of the engine, by object: POSTs and applies. Claiming fields (a merge patch of managedFields) changes nothing else. */
interface Tally {
  readonly writes: Map<string, number>;
}

function writtenName({ method, path, headers, object }: ApiRequest): string | undefined {
  if (/steersman\.dev|\/secrets|\/events/.test(path)) return undefined;
  const apply = method === 'PATCH' && (headers['content-type'] ?? '').startsWith('application/apply-patch');
  const body = object as KubeObject | undefined;
  return method === 'POST' || apply ? `${body?.kind}/${body?.metadata.name}` : undefined;
}

async function story(at: number, when: 'before' | 'after'): Promise<{ died: boolean; tally: Tally; jobs: Map<string, number> }> {
  const tally: Tally = { writes: new Map() };
  const jobs = new Map<string, number>();
  cluster = await startCluster({
    audit: ({ request, answer, user }) => {
      if (answer.status >= 300 || request.query.includes('dryRun')) return;
      if (request.method === 'POST' && request.path.endsWith('/jobs')) jobs.set('jobs', (jobs.get('jobs') ?? 0) + 1);
      const name = user?.name === 'steersman' ? writtenName(request) : undefined;
      if (name !== undefined) tally.writes.set(name, (tally.writes.get(name) ?? 0) + 1);
    },
  });
  const source = new MemorySource(cluster.clock);
  const options = {
    sources: source,
    renderers: createRenderers(),
    validate: (manifests: readonly never[]) => Promise.resolve({ manifests, notes: [] }),
  };
  const client = cluster.cluster(undefined, 'test');
  const life = (name: string, wrap?: (real: Cluster) => Cluster): Controller => {
    const controller = applicationController(options as never);
    return {
      ...controller,
      name,
      start: (context) => controller.start(wrap === undefined ? context : { ...context, cluster: wrap(context.cluster) }),
    };
  };
  const status = async () => (await client.get(Application, { namespace: 'default', name: 'shop' })).status;
  const synced = (commit: string) => async () => {
    const now = await status();
    return now?.current?.commit === commit && now.sync === 'Synced' && now.operation?.phase === 'Succeeded';
  };
  let commit = source.commit('repo', first);
  await client.create(Application, {
    apiVersion: 'steersman.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop', namespace: 'default' },
    spec: { source: { repo: 'repo' }, sync: { healthyFor: '1s' } },
  });
  let mortal: { cluster: Cluster; died(): boolean } | undefined;
  cluster.run(
    life('application', (real) => (mortal = dying(real, at, when)).cluster),
    gitopsUser,
  );
  const reached = async (wanted: string): Promise<void> => {
    try {
      await (cluster as TestCluster).until(synced(wanted), 120_000);
    } catch (error) {
      const troubles = JSON.stringify(cluster?.troubles.slice(-4));
      throw new Error(`crash ${when} write ${at}: ${JSON.stringify(await status())}; ${troubles}`, { cause: error });
    }
  };
  const done = synced(commit);
  await cluster.until(async () => mortal?.died() === true || (await done()), 120_000);
  const died = mortal?.died() === true;
  if (died) cluster.run(life('application-again'), gitopsUser);
  await reached(commit);
  commit = source.commit('repo', second);
  if (died) await reached(commit);
  return { died, tally, jobs };
}

describe('a crash at any write of a sync', () => {
  it('converges, runs each Job once and writes each object once', async () => {
    let at = 1;
    for (; ; at++) {
      // the answer of one write lost is much the same as the next one not sent: they take turns
      const { died, tally, jobs } = await story(at, at % 2 === 0 ? 'after' : 'before');
      if (!died) break;
      const client = (cluster as TestCluster).cluster();
      const found = await client.get(Deployment, { namespace: 'default', name: 'web' });
      expect(found.spec.template.spec?.containers[0]?.image).toBe('web:2');
      expect((await client.get(ConfigMap, { namespace: 'default', name: 'settings' })).data).toEqual({ k: '2' });
      expect((await client.list(ConfigMap, { namespace: 'default' })).items.map((each) => each.metadata.name)).not.toContain('old');
      // one run of the Job, and one of the hook for each of the two sets of manifests
      expect({ at, jobs: jobs.get('jobs') }).toEqual({ at, jobs: 3 });
      const most = Math.max(...tally.writes.values());
      expect({ at, most, writes: most > 2 ? [...tally.writes] : [] }).toEqual({ at, most: 2, writes: [] });
      const revisions = (await client.list(ApplicationRevision)).items.filter((each) => each.status?.outcome !== 'Superseded');
      expect(revisions.map((each) => each.status?.outcome)).toEqual(revisions.map(() => 'Succeeded'));
      expect((await client.list(Job)).items.filter((each) => each.metadata.name === 'migrate').length).toBeLessThanOrEqual(1);
      await cluster?.stop();
      cluster = undefined;
    }
    expect(at).toBeGreaterThan(15);
  });
});
