import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Secret } from '../../src/api/kinds.generated.ts';
import type { Forecast } from '../../src/api/forecast.ts';
import { tempFolder, workRepository } from '../support/git-servers.ts';
import { steer } from '../support/steer.ts';
import { startUp } from '../support/steer-up.ts';

const folder = tempFolder('steer-forecast-live-');
afterAll(() => folder[Symbol.dispose]());

/** One pod that asks for so much, of the 256 processors of the node. */
function deployment(name: string, cpu: string, reads: string[] = []): string {
  const container = {
    name: 'main',
    image: `${name}:1`,
    env: [{ name: 'TOKEN', value: 'hunter2' }],
    envFrom: reads.map((secret) => ({ secretRef: { name: secret } })),
    resources: { requests: { cpu } },
  };
  const template = { metadata: { labels: { app: name } }, spec: { containers: [container] } };
  const spec = { replicas: 1, strategy: { type: 'Recreate' }, selector: { matchLabels: { app: name } }, template };
  return JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'default' }, spec });
}

test('a forecast beside a live cluster counts what others use there, and what is there; without it, it does not know', async () => {
  // The Secret is made by hand; the application `other` stays as it is.
  const work = workRepository(join(folder.path, 'repo'));
  work.commit({ 'other/all.json': deployment('other', '200'), 'web/all.json': deployment('web', '10') }, 'base');
  work.git('tag', 'base');
  const up = await startUp(work.path, { folder: folder.path });
  try {
    await up.running.printed(/default\/app Synced Healthy/);
    await using cluster = await up.connect();
    await cluster.create(Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'by-hand', namespace: 'default' },
      stringData: { key: 'hunter3' },
    });
    work.commit({ 'web/all.json': deployment('web', '100', ['by-hand']) }, 'head');
    const words = ['plan', work.path, '--from', 'base', '--app', 'web', '--forecast', '-o', 'json'];
    const forecast = async (...more: string[]): Promise<{ told: Forecast; text: string }> => {
      const { stdout, stderr } = await steer([...words, ...more], { cwd: folder.path });
      return { told: (JSON.parse(stdout) as { forecast: Forecast }).forecast, text: stdout + stderr };
    };
    const alone = await forecast();
    expect(alone.told.findings).toMatchObject([
      { rule: 'rollout-stuck', message: expect.stringContaining('secret "by-hand" not found') as string },
    ]);
    const live = await forecast('--kubeconfig', up.kubeconfig);
    expect(live.told.findings.map(({ rule, severity, message }) => [rule, severity, message])).toEqual([
      ['unschedulable', 'blocker', expect.stringContaining('0/1 nodes are available: 1 Insufficient cpu') as string],
    ]);
    expect(live.told.assumptions).toContain('the live cluster: 1 pod of others keeps its room');
    expect(live.text).not.toContain('hunter3');
  } finally {
    await up.stop();
  }
});
