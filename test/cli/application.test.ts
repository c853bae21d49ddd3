import { afterEach, beforeEach, expect, it } from 'vitest';
import { Application } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { declaredApplications, pickApplication } from '../../src/cli/application.ts';
import type { Call } from '../../src/cli/command.ts';
import type { Environment } from '../../src/cli/environment.ts';
import type { Session } from '../../src/cli/session.ts';
import { noPaint } from '../../src/report/paint.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let plane: TestCluster;
let cluster: Connection;
beforeEach(async () => {
  plane = await startCluster({ nodes: 0, controllers: [], scheduler: false });
  cluster = plane.cluster(undefined, 'test');
});
afterEach(() => plane.stop());

/** A session with a `steer up` that started so long ago. */
function session(agoMs: number): Session {
  // the commands under test read no more of the environment than this
  const environment = { clock: plane.clock, interrupted: new AbortController().signal } as Partial<Environment> as Environment;
  const application = { namespace: 'default', name: 'shop' };
  const running = { directory: '/data', pid: 1, url: 'https://localhost', startedAt: plane.clock.now() - agoMs, application };
  return { cluster, running, environment, paint: noPaint, json: false };
}
const call = { options: {} } as Partial<Call> as Call;
const declare = () =>
  cluster.create(Application, {
    apiVersion: 'steersman.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop', namespace: 'default' },
    spec: { source: { repo: 'r' } },
  });

it('waits for the application of a `steer up` that has just started', async () => {
  const found = declaredApplications(session(500));
  await plane.clock.advance(1000);
  await declare();
  await plane.clock.advance(1000);
  expect((await found).map(({ metadata }) => metadata.name)).toEqual(['shop']);
});

it('says that there is none yet when it stays away', async () => {
  const picked = pickApplication(session(500), undefined, call).catch((error: unknown) => error);
  await plane.clock.advance(6000);
  expect(String(await picked)).toMatch(/no application yet: .* is about to declare shop/);
});

it('does not wait for a `steer up` that has been running for long', async () => {
  const error: unknown = await pickApplication(session(60_000), undefined, call).catch((reason: unknown) => reason);
  expect(String(error)).toContain('this cluster has no Application');
});
