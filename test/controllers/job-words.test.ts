import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Job, Pod } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { edit, eventsOf, jobOf, namespace } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;
beforeEach(async () => {
  cluster = await startCluster();
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

type JobSpecMore = Partial<NonNullable<Job['spec']>>;
const seconds = (count: number) => cluster.clock.advance(count * 1000);
const conditions = async () => {
  const { status } = await admin.get(Job, { namespace, name: 'work' });
  return (status?.conditions ?? []).map(({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`);
};

/** Each message as the job controller of kubernetes v1.35 has it in its source. */
describe('a Job', () => {
  it.each<[string, JobSpecMore, Record<string, string>, string[]]>([
    [
      'with the indexes that its policy names done',
      { completionMode: 'Indexed', completions: 2, parallelism: 1, successPolicy: { rules: [{ succeededIndexes: '0' }] } },
      { run: '1s' },
      ['SuccessCriteriaMet=True SuccessPolicy: Matched rules at index 0', 'Complete=True SuccessPolicy: Matched rules at index 0'],
    ],
    [
      'with failed indexes',
      { completionMode: 'Indexed', completions: 2, backoffLimitPerIndex: 0 },
      { run: '1s', exit: '1' },
      ['FailureTarget=True FailedIndexes: Job has failed indexes', 'Failed=True FailedIndexes: Job has failed indexes'],
    ],
    [
      'that fails too often',
      { backoffLimit: 0 },
      { run: '1s', exit: '1' },
      [
        'FailureTarget=True BackoffLimitExceeded: Job has reached the specified backoff limit',
        'Failed=True BackoffLimitExceeded: Job has reached the specified backoff limit',
      ],
    ],
    [
      'that does all',
      {},
      { run: '1s' },
      [
        'SuccessCriteriaMet=True CompletionsReached: Reached expected number of succeeded pods',
        'Complete=True CompletionsReached: Reached expected number of succeeded pods',
      ],
    ],
  ])('ends %s', async (_how, spec, script, expected) => {
    await admin.create(Job, jobOf('work', { script, spec }));
    await seconds(60);
    expect(await conditions()).toEqual(expected);
  });

  it('says that it is held and that it goes on', async () => {
    await admin.create(Job, jobOf('work', { script: { run: '1h' }, spec: { suspend: true } }));
    await cluster.settle();
    expect(await conditions()).toEqual(['Suspended=True JobSuspended: Job suspended']);
    await edit(admin, Job, 'work', (job) => void (job.spec.suspend = false));
    await seconds(1);
    expect(await conditions()).toEqual(['Suspended=False JobResumed: Job resumed']);
    const [pod] = (await admin.list(Pod, { namespace, labelSelector: 'job-name=work' })).items;
    expect(await eventsOf(admin, 'Job', 'work')).toEqual([
      'Suspended: Job suspended',
      `SuccessfulCreate: Created pod: ${pod?.metadata.name}`,
      'Resumed: Job resumed',
    ]);
  });
});
