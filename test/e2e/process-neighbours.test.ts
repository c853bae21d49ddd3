import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { tempFolder } from '../support/git-servers.ts';
import { shoot } from '../support/load.ts';
import { service, webDeployment } from '../support/pod-programs.ts';
import { eventually, newestKubectl, startProcessCluster, type ProcessCluster } from '../support/process-cluster.ts';

const folder = tempFolder('steer-process-neighbours-');
const clusters: ProcessCluster[] = [];

afterAll(async () => {
  await Promise.all(clusters.map(({ up }) => up.stop()));
  folder[Symbol.dispose]();
});

/** Those of an ordinary user are in networks that do not meet. */
describe.skipIf(newestKubectl === undefined || process.getuid?.() !== 0)('several Steersmen of root', () => {
  it('that start at once have networks of their own, and all of their pods are reached (A1.17)', async () => {
    const start = async (name: string) => {
      const own = join(folder.path, name);
      mkdirSync(own);
      const cluster = await startProcessCluster(own);
      clusters.push(cluster);
      await cluster.apply(webDeployment('web', 2), service('web', { type: 'NodePort' }));
      await cluster.rolledOut('web');
      const url = await cluster.nodePort('web');
      await eventually('an answer', async () => (await shoot(url)).error === undefined);
      const [one] = await cluster.podsOf('web');
      return /^\d+\.\d+/.exec(one?.status.podIP ?? '')?.[0];
    };
    const networks = await Promise.all(['one', 'two', 'three'].map((name) => start(name)));
    expect(new Set(networks).size, networks.join()).toBe(3);
  });
});
