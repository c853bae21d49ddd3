import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Deployment, Job, Pod, PodDisruptionBudget, ReplicaSet } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { budgetOf } from './evictions.ts';
import { deploymentOf, eventsOf, jobOf, namespace, podsOf } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;

beforeEach(async () => {
  cluster = await startCluster({ nodes: 2 });
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

/** Its container ends with an error a second after each start. */
const crashing = { run: '1s', exit: '1' };
const after = 'steersman.dev/replace-after-restarts';
const make = (name: string, restarts: string | undefined, script: Record<string, string> = crashing) => {
  const made = deploymentOf(name, { replicas: 1, script });
  if (restarts !== undefined) made.spec.template.metadata!.annotations = { ...made.spec.template.metadata!.annotations, [after]: restarts };
  return admin.create(Deployment, made);
};
const only = async (name: string) => {
  const active = (await podsOf(admin, name)).filter((pod) => pod.metadata.deletionTimestamp === undefined);
  return active[0] as Readonly<Pod>;
};

describe('a pod whose restarts do not help', () => {
  it('stays where nobody asked for anything else', async () => {
    await make('web', undefined);
    await cluster.clock.advance(20_000);
    const { uid } = (await only('web')).metadata;
    await cluster.clock.advance(1_800_000);
    expect((await only('web')).metadata.uid).toBe(uid);
  });

  it('is evicted after as many restarts as its template says, and the next lands elsewhere', async () => {
    await make('web', '3');
    await cluster.clock.advance(20_000);
    const first = await only('web');
    await cluster.until(async () => (await only('web'))?.metadata.uid !== first.metadata.uid);
    await cluster.clock.advance(1_000);
    const second = await only('web');
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
    expect(second.spec.nodeName).not.toBe(first.spec.nodeName);
    expect(second.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution).toEqual([
      { weight: 100, preference: { matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: [first.spec.nodeName] }] } },
    ]);
    expect(await eventsOf(admin, 'Pod', first.metadata.name)).toContain(
      'ReplacingPod: Container main was restarted 3 times and has failed again: the pod is evicted, and another takes its place',
    );
    const [set] = (await admin.list(ReplicaSet, { namespace })).items;
    expect(set?.metadata.annotations?.['steersman.dev/avoid-nodes']).toMatch(new RegExp(`^${first.spec.nodeName}=2`));
  });

  it('stays until then', async () => {
    await make('web', '4');
    await cluster.clock.advance(20_000);
    const { uid } = (await only('web')).metadata;
    await cluster.clock.advance(50_000);
    const now = await only('web');
    expect([now.metadata.uid, now.status?.containerStatuses?.[0]?.restartCount]).toEqual([uid, 3]);
  });

  it('waits for its budget', async () => {
    await make('web', '2');
    await admin.create(PodDisruptionBudget, budgetOf('web', { maxUnavailable: 0 }));
    await cluster.clock.advance(20_000);
    const first = await only('web');
    await cluster.clock.advance(120_000);
    expect((await only('web')).metadata.uid).toBe(first.metadata.uid);
    expect(await eventsOf(admin, 'Pod', first.metadata.name)).toContain(
      'Warning ReplacementBlocked: Container main was restarted 2 times and has failed again, but the pod cannot be evicted: ' +
        'The disruption budget web needs 1 healthy pods and has 0 currently',
    );
    await admin.patch(PodDisruptionBudget, { namespace, name: 'web' }, { spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } });
    await cluster.clock.advance(30_000);
    expect((await only('web')).metadata.uid).not.toBe(first.metadata.uid);
  });

  it('of a Job is the business of the Job', async () => {
    const job = jobOf('batch', { script: crashing, pod: { restartPolicy: 'OnFailure' }, spec: { backoffLimit: 20 } });
    job.spec.template.metadata!.annotations = { ...job.spec.template.metadata!.annotations, [after]: '1' };
    await admin.create(Job, job);
    await cluster.clock.advance(120_000);
    expect((await admin.list(Pod, { namespace })).items).toHaveLength(1);
  });
});
