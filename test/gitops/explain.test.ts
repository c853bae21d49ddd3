import { afterEach, describe, expect, it, test } from 'vitest';
import type { Application } from '../../src/api/kinds.generated.ts';
import { explain, explainApplication, type Explanation } from '../../src/gitops/explain.ts';
import { configMap, deployment, startGitOps, yaml, type TestGitOps } from '../support/gitops.ts';

let world: TestGitOps | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

async function explained(here: TestGitOps): Promise<Explanation[]> {
  let answer: Explanation[] | undefined;
  const work = explain({ namespace: 'default', name: 'shop' }, { store: here.client, clock: here.cluster.clock }).then(
    (found) => (answer = found),
  );
  await here.cluster.until(() => answer !== undefined);
  return work;
}

describe('explain', () => {
  it('has nothing to say of what is well', async () => {
    world = await startGitOps();
    world.source.commit('repo', { 'a.yaml': yaml(deployment('web'), configMap('a', {})) });
    await world.application('shop');
    await world.synced('shop');
    expect(await explained(world)).toEqual([]);
  });

  it('names object, reason, field, writer, since when and what happens next', async () => {
    world = await startGitOps();
    const never = { 'simulated.steersman.dev/ready': 'never' };
    world.source.commit('repo', { 'a.yaml': yaml(deployment('web', { annotations: never })) });
    await world.application('shop', { sync: { deadline: '60s' } });
    await world.cluster.clock.advance(20_000);
    const [application, web, ...rest] = await explained(world);
    expect(rest).toEqual([]);
    expect(application?.sentence).toMatch(
      /^Application default\/shop: waiting for apps\/Deployment default\/web: .*, since 2026-01-01T00:00:\d\dZ; next: it becomes healthy, or the sync fails at 2026-01-01T00:01:\d\dZ$/,
    );
    expect(web?.sentence).toMatch(
      /^apps\/Deployment default\/web: .*, since 2026-01-01T00:00:\d\dZ, spec\.template\.spec\.containers\[name="web"\]\.image last written by steersman at 2026-01-01T00:00:\d\dZ; next: it becomes healthy, or the sync fails at 2026-01-01T00:01:\d\dZ$/,
    );
    await world.cluster.clock.advance(60_000);
    expect((await explained(world))[0]?.sentence).toMatch(
      /the deadline of 60 s passed: apps\/Deployment default\/web: .*; next: a newer commit, or `steer rollback`, since/,
    );
  });
});

describe('explainApplication', () => {
  const application = (status: object | undefined, spec: object = {}): Application =>
    ({
      apiVersion: 'steersman.dev/v1',
      kind: 'Application',
      metadata: { name: 'shop', namespace: 'default' },
      spec: { source: { repo: 'r' }, ...spec },
      ...(status === undefined ? {} : { status }),
    }) as never;
  const unready = [{ type: 'Ready', status: 'False', reason: 'x', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }];
  test.each<[string, Application, string | undefined]>([
    ['nobody looked', application(undefined), 'Application default/shop: nobody has looked at it yet; next: a running `steer up` does'],
    ['all is well', application({ conditions: [{ ...unready[0], status: 'True' }] }), undefined],
    [
      'the source is gone',
      application({ sync: 'Unknown', message: 'no repository', conditions: unready }),
      'Application default/shop: no repository, since 2026-01-01T00:00:00Z; next: the source is asked again by itself, at the latest at its next poll',
    ],
    [
      'it is suspended',
      application({ sync: 'OutOfSync', message: '1 change waits', conditions: unready }, { suspend: true }),
      'Application default/shop: 1 change waits, since 2026-01-01T00:00:00Z; next: nothing before `steer resume`',
    ],
    [
      'a sync runs',
      application({
        sync: 'OutOfSync',
        message: 'waiting',
        conditions: unready,
        operation: { type: 'sync', phase: 'Running', startedAt: '2026-01-01T00:00:00Z' },
      }),
      'Application default/shop: waiting, since 2026-01-01T00:00:00Z; next: it becomes healthy, or the sync fails at 2026-01-01T00:05:00Z',
    ],
  ])('where %s', (_name, given, sentence) => {
    expect(explainApplication(given)?.sentence).toBe(sentence);
  });
});
