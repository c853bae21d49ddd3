import { describe, expect, it } from 'vitest';
import { conformance, fieldsOf, withMetadata, type Fields, type Live, type Resource } from './client.ts';
import { conditionOf, job } from './workloads.ts';

const plane = conformance();
interface Space {
  readonly namespace: string;
  readonly jobs: Resource;
  readonly pods: Resource;
}
async function space(): Promise<Space> {
  const namespace = await plane.namespace();
  return { namespace, jobs: plane.admin.resource('batch/v1', 'jobs', namespace), pods: plane.admin.resource('v1', 'pods', namespace) };
}
const forever = { run: '24h' };
async function untilActive(pods: Resource, count: number): Promise<readonly Live[]> {
  const running = async () => (await pods.list()).items.filter(({ status }) => (status as Fields)['phase'] === 'Running');
  await plane.until(async () => (await running()).length === count);
  return running();
}
async function ended(jobs: Resource, name: string, type: 'Complete' | 'Failed'): Promise<Live> {
  await plane.until(async () => conditionOf(await jobs.get(name), type)?.['status'] === 'True', 600_000);
  return jobs.get(name);
}
const indexOf = ({ metadata }: Live) => metadata.annotations?.['batch.kubernetes.io/job-completion-index'];
const phaseOf = (pod: Live) => fieldsOf(pod, 'status')['phase'];
/** Ends the container of a pod that runs until it is stopped, as its node says it. */
async function finish(pods: Resource, name: string, exitCode: number): Promise<void> {
  const state = { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' } };
  const status = {
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    containerStatuses: [{ name: 'main', image: 'httpd:2.4', imageID: '', ready: false, restartCount: 0, state }],
  };
  await pods.patch(name, { status }, { subresource: 'status' });
}

describe('apps/job.go', () => {
  it('[sig-apps] Job should adopt matching orphans and release non-matching pods', async () => {
    const { jobs, pods } = await space();
    const { metadata } = await jobs.create(job('adopt-release', { parallelism: 2, completions: 2, backoffLimit: 6 }, forever));
    const [first] = await untilActive(pods, 2);
    const name = first?.metadata.name ?? '';
    await pods.patch(name, { metadata: { ownerReferences: null } });
    await plane.until(async () => (await pods.get(name)).metadata.ownerReferences?.[0]?.uid === metadata.uid);
    const labels = Object.fromEntries(Object.keys(first?.metadata.labels ?? {}).map((key) => [key, null]));
    await pods.patch(name, { metadata: { labels } });
    await plane.until(async () => (await pods.get(name)).metadata.ownerReferences === undefined);
  });

  it('[sig-apps] Job should allow to use a pod failure policy to ignore failure matching on DisruptionTarget condition', async () => {
    const { namespace, jobs, pods } = await space();
    const rules = [
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      { action: 'FailJob', onExitCodes: { operator: 'NotIn', values: [0] } },
    ];
    await jobs.create(
      job(
        'disrupted',
        { completionMode: 'Indexed', parallelism: 2, completions: 4, backoffLimit: 0, podFailurePolicy: { rules } },
        forever,
      ),
    );
    const evict = async (name: string) =>
      plane.admin.ok('POST', `${pods.path}/${name}/eviction`, {
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } },
      });
    for (let index = 0; index < 4; index += 2) {
      const running = await untilActive(pods, 2);
      for (const { metadata } of running) await evict(metadata.name);
      await plane.until(async () =>
        (await pods.list()).items.every(
          (each) => !running.some((old) => old.metadata.uid === each.metadata.uid) || phaseOf(each) === 'Failed',
        ),
      );
      for (const { metadata } of await untilActive(pods, 2)) await finish(pods, metadata.name, 0);
    }
    const done = await ended(jobs, 'disrupted', 'Complete');
    expect(done).toMatchObject({ status: { succeeded: 4, completedIndexes: '0-3' } });
  });

  it('[sig-apps] Job should allow to use the pod failure policy on exit code to fail the job early', async () => {
    const { jobs } = await space();
    const rules = [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }];
    await jobs.create(job('exit-code', { parallelism: 1, completions: 2, backoffLimit: 1, podFailurePolicy: { rules } }, { exit: '42' }));
    const failed = await ended(jobs, 'exit-code', 'Failed');
    expect(conditionOf(failed, 'Failed')).toMatchObject({ reason: 'PodFailurePolicy' });
    expect(failed).toMatchObject({ status: { failed: 1 } });
  });

  it('[sig-apps] Job should apply changes to a job status', async () => {
    const { jobs, pods } = await space();
    await jobs.create(job('statused', { parallelism: 2, completions: 2 }, forever));
    await untilActive(pods, 2);
    const custom = { type: 'CustomConditionType', status: 'True' };
    const patch = { metadata: { annotations: { patchedstatus: 'true' } }, status: { conditions: [custom] } };
    expect(await jobs.patch('statused', patch, { subresource: 'status' })).toMatchObject(patch);
    await plane.cluster.clock.advance(1000);
    const live = await jobs.get('statused', 'status');
    expect(live).toMatchObject({ metadata: patch.metadata, status: { active: 2, conditions: [custom] } });
    const condition = { ...custom, reason: 'E2E', message: 'updated' };
    const updated = await jobs.update({ ...live, status: { ...fieldsOf(live, 'status'), conditions: [condition] } }, 'status');
    expect(updated.status).toMatchObject({ conditions: [condition] });
    expect(await jobs.get('statused', 'status')).toMatchObject({
      metadata: { uid: live.metadata.uid },
      status: { conditions: [condition] },
    });
  });

  it('[sig-apps] Job should create pods for an Indexed job with completion indexes and specified hostname', async () => {
    const { jobs, pods } = await space();
    await jobs.create(job('indexed', { completionMode: 'Indexed', parallelism: 2, completions: 4 }));
    expect(await ended(jobs, 'indexed', 'Complete')).toMatchObject({ status: { succeeded: 4, completedIndexes: '0-3' } });
    const { items } = await pods.list();
    expect(items.map(indexOf).sort()).toEqual(['0', '1', '2', '3']);
    for (const each of items) {
      const { hostname, containers } = each.spec as { hostname: string; containers: { env: Fields[] }[] };
      expect(hostname).toBe(`indexed-${indexOf(each)}`);
      expect(each.metadata.name).toMatch(new RegExp(`^${hostname}-`));
      expect(containers[0]?.env.map((variable) => variable['name'])).toContain('JOB_COMPLETION_INDEX');
    }
  });

  it('[sig-apps] Job should delete a job', async () => {
    const { jobs, pods } = await space();
    await jobs.create(job('foo', { parallelism: 2, completions: 4 }, forever));
    await untilActive(pods, 2);
    await jobs.delete('foo', { propagationPolicy: 'Background' });
    await plane.until(async () => (await jobs.names()).length === 0);
    await plane.until(async () => (await pods.names()).length === 0);
  });

  it('[sig-apps] Job should execute all indexes despite some failing when using backoffLimitPerIndex', async () => {
    const { jobs, pods } = await space();
    const spec = { completionMode: 'Indexed', parallelism: 2, completions: 4, backoffLimitPerIndex: 1 };
    await jobs.create(job('per-index', spec, forever));
    const stop = finishing(pods, (index) => index % 2);
    const failed = await ended(jobs, 'per-index', 'Failed');
    await stop();
    expect(failed).toMatchObject({ status: { failedIndexes: '1,3', completedIndexes: '0,2', failed: 4, succeeded: 2 } });
    expect(conditionOf(failed, 'Failed')).toMatchObject({ reason: 'FailedIndexes' });
  });

  it('[sig-apps] Job should terminate job execution when the number of failed indexes exceeds maxFailedIndexes', async () => {
    const { jobs } = await space();
    const spec = { completionMode: 'Indexed', parallelism: 2, completions: 10, backoffLimitPerIndex: 0, maxFailedIndexes: 4 };
    await jobs.create(job('too-many', spec, { exit: '1' }));
    const failed = await ended(jobs, 'too-many', 'Failed');
    expect(conditionOf(failed, 'Failed')).toMatchObject({ reason: 'MaxFailedIndexesExceeded' });
    expect(fieldsOf(failed, 'status')).not.toHaveProperty('active');
  });

  it('[sig-apps] Job should mark indexes as failed when the FailIndex action is matched in podFailurePolicy', async () => {
    const { jobs, pods } = await space();
    const rules = [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [42] } }];
    const spec = { completionMode: 'Indexed', parallelism: 2, completions: 2, backoffLimitPerIndex: 1, podFailurePolicy: { rules } };
    await jobs.create(job('fail-index', spec, forever));
    // The first index fails for good at once, the second is tried again.
    const stop = finishing(pods, (index) => (index === 0 ? 42 : 1));
    const failed = await ended(jobs, 'fail-index', 'Failed');
    await stop();
    expect(failed).toMatchObject({ status: { failedIndexes: '0,1', failed: 3 } });
    expect(conditionOf(failed, 'Failed')).toMatchObject({ reason: 'FailedIndexes' });
    expect((await pods.list()).items.filter((each) => indexOf(each) === '0')).toHaveLength(1);
  });

  it('[sig-apps] Job should manage the lifecycle of a job', async () => {
    const { namespace, jobs } = await space();
    const { metadata } = await jobs.list();
    const watching = await jobs.watch(metadata.resourceVersion);
    await jobs.create(job('suspended', { parallelism: 2, completions: 4, suspend: true, backoffLimit: 6 }));
    await plane.until(async () => conditionOf(await jobs.get('suspended'), 'Suspended')?.['status'] === 'True');
    const patched = await jobs.patch('suspended', { metadata: { labels: { 'e2e-job-label': namespace } } });
    expect(patched.metadata.labels).toMatchObject({ 'e2e-job-label': namespace });
    const live = withMetadata(await jobs.get('suspended'), { annotations: { updated: 'true' } });
    const updated = await jobs.update({ ...live, spec: { ...fieldsOf(live, 'spec'), suspend: false } });
    expect(updated).toMatchObject({ metadata: { annotations: { updated: 'true' } }, spec: { suspend: false } });
    expect(await plane.admin.resource('batch/v1', 'jobs').names(`e2e-job-label=${namespace}`)).toEqual(['suspended']);
    await jobs.deleteCollection(`e2e-job-label=${namespace}`);
    await plane.until(() => watching.events.some(({ type }) => type === 'DELETED'));
    await watching.stop();
    expect(await jobs.names()).toEqual([]);
  });

  it('[sig-apps] Job should run a job to completion when tasks sometimes fail and are locally restarted', async () => {
    const { jobs, pods } = await space();
    const made = job('fail-once', { parallelism: 2, completions: 4, backoffLimit: 6 }, { exit: '1', 'exit-attempts': '1', run: '1s' });
    const spec = fieldsOf(made, 'spec') as { template: { spec: Fields } };
    spec.template.spec['restartPolicy'] = 'OnFailure';
    await jobs.create(made);
    expect(await ended(jobs, 'fail-once', 'Complete')).toMatchObject({ status: { succeeded: 4 } });
    const { items } = await pods.list();
    expect(items.map(phaseOf)).toEqual(Array.from({ length: 4 }, () => 'Succeeded'));
    const restarts = items.map(
      ({ status }) => (status as { containerStatuses: { restartCount: number }[] }).containerStatuses[0]?.restartCount,
    );
    expect(restarts).toEqual([1, 1, 1, 1]);
  });

  it('[sig-apps] Job with successPolicy should succeeded when all indexes succeeded', async () => {
    const { jobs } = await space();
    const successPolicy = { rules: [{ succeededIndexes: '0-1' }] };
    await jobs.create(job('all-indexes', { completionMode: 'Indexed', parallelism: 2, completions: 2, backoffLimit: 6, successPolicy }));
    const done = await ended(jobs, 'all-indexes', 'Complete');
    expect(conditionOf(done, 'SuccessCriteriaMet')).toMatchObject({ status: 'True', reason: 'SuccessPolicy' });
    expect(conditionOf(done, 'Complete')).toMatchObject({ reason: 'SuccessPolicy' });
    expect(done).toMatchObject({ status: { completedIndexes: '0,1', succeeded: 2 } });
  });

  it('[sig-apps] Job with successPolicy succeededIndexes rule should succeeded even when some indexes remain pending', async () => {
    await earlySuccess('indexes-rule', { succeededIndexes: '0' });
  });

  it('[sig-apps] Job with successPolicy succeededCount rule should succeeded even when some indexes remain pending', async () => {
    await earlySuccess('count-rule', { succeededCount: 1 });
  });
});

/** Of five indexes only the first ends; the others are still at work when the Job succeeds. */
async function earlySuccess(name: string, rule: Fields): Promise<void> {
  const { jobs, pods } = await space();
  const spec = { completionMode: 'Indexed', parallelism: 5, completions: 5, backoffLimit: 6, successPolicy: { rules: [rule] } };
  await jobs.create(job(name, spec, forever));
  const running = await untilActive(pods, 5);
  await finish(pods, running.find((each) => indexOf(each) === '0')?.metadata.name ?? '', 0);
  const done = await ended(jobs, name, 'Complete');
  expect(conditionOf(done, 'SuccessCriteriaMet')).toMatchObject({ status: 'True', reason: 'SuccessPolicy' });
  expect(conditionOf(done, 'Complete')).toMatchObject({ reason: 'SuccessPolicy' });
  expect(done).toMatchObject({ status: { completedIndexes: '0', succeeded: 1 } });
  await plane.until(async () => (await pods.list()).items.every((each) => phaseOf(each) !== 'Running'));
}

/** Ends every pod as soon as it runs, with the exit code that is given for its index. */
function finishing(pods: Resource, exitOf: (index: number) => number): () => Promise<void> {
  const life = new AbortController();
  const working = (async () => {
    while (!life.signal.aborted) {
      for (const each of (await pods.list()).items) {
        if (phaseOf(each) === 'Running') await finish(pods, each.metadata.name, exitOf(Number(indexOf(each))));
      }
      await plane.cluster.clock.sleep(1000, { signal: life.signal }).catch(() => undefined); // ended by the caller
    }
  })();
  return async () => {
    life.abort();
    await working;
  };
}
