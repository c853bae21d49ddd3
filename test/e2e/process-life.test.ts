import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempFolder } from '../support/git-servers.ts';
import { memoryFolders, nodesOf } from '../support/left-behind.ts';
import { shoot } from '../support/load.ts';
import { killNow, pod, podEnvironment, processesOf, processOf, service, shellContainer, webDeployment } from '../support/pod-programs.ts';
import { eventually, newestKubectl, startProcessCluster, type PodRead, type ProcessCluster } from '../support/process-cluster.ts';
import { steer } from '../support/steer.ts';

const ways = [
  ['isolated where it can be', []],
  ['plain', ['--isolation', 'plain']],
] as const;

describe.skipIf(newestKubectl === undefined).each(ways)('pods that outlive Steersman, %s', (_, args) => {
  const folder = tempFolder('steer-process-life-');
  let cluster: ProcessCluster;
  let before: readonly PodRead[];
  let processes: readonly number[];

  beforeAll(async () => {
    cluster = await startProcessCluster(folder.path, args);
    await cluster.apply(webDeployment('web', 3), service('web', { type: 'NodePort' }));
    await cluster.rolledOut('web');
    before = await cluster.podsOf('web');
    processes = before.map(({ metadata }) => processOf(metadata.name));
  });
  afterAll(async () => {
    await cluster.up.stop();
    expect(before.flatMap(({ metadata }) => processesOf(metadata.name))).toEqual([]);
    folder[Symbol.dispose]();
  });

  /** The same pods with the same processes, addresses and containers, none of them restarted, and their Service answers. */
  async function unchanged(): Promise<void> {
    const essence = ({ metadata, status }: PodRead) => [metadata.uid, status.podIP, status.containerStatuses[0]?.containerID];
    const kept = await eventually('three ready pods', async () => {
      const pods = await cluster.podsOf('web');
      return pods.length === 3 && pods.every(({ status }) => status.containerStatuses[0]?.ready === true) && pods;
    });
    expect(kept.map(essence).sort()).toEqual(before.map(essence).sort());
    expect(kept.map(({ status }) => status.containerStatuses[0]?.restartCount)).toEqual([0, 0, 0]);
    expect(before.map(({ metadata }) => processOf(metadata.name))).toEqual(processes);
    const url = await cluster.nodePort('web');
    await eventually('an answer', async () => (await shoot(url)).error === undefined);
  }

  it('are taken over after Steersman was killed, without a restart (A3.4)', async () => {
    const ends = shellContainer('main', 'exec sleep 1000', { env: podEnvironment });
    await cluster.apply(
      pod('unwanted', {
        terminationGracePeriodSeconds: 1,
        containers: [shellContainer('main', 'exec sleep 1000', { env: podEnvironment })],
      }),
      pod('ends', { restartPolicy: 'Never', containers: [ends] }),
    );
    await Promise.all([cluster.ready('unwanted'), cluster.ready('ends')]);
    const unwanted = processOf('unwanted');
    const { child, finished } = cluster.up.running;
    child.kill('SIGKILL');
    await finished;
    expect(before.map(({ metadata }) => processOf(metadata.name))).toEqual(processes);
    await killNow(processOf('ends'));
    await cluster.startAgain();
    await unchanged();
    const ended = await eventually('its end', async () => {
      const { status } = await cluster.pod('ends');
      return status.phase === 'Failed' && status;
    });
    expect(ended.containerStatuses[0]).toMatchObject({ restartCount: 0, state: { terminated: { exitCode: 137 } } });
    await cluster.kubectl.ok(['delete', 'pod', 'unwanted']);
    expect(processesOf('unwanted')).not.toContain(unwanted);
  });

  it('are left by `steer down --keep-pods` and taken over by the next start (A3.4)', async () => {
    const { code } = await steer(['down', '--keep-pods', '--data-dir', cluster.up.dataDir], { cwd: folder.path });
    expect(code).toBe(0);
    expect((await cluster.up.running.finished).code).toBe(0);
    expect(before.map(({ metadata }) => processOf(metadata.name))).toEqual(processes);
    await cluster.startAgain();
    await unchanged();
  });

  it('run again after the machine was started anew, under their names, at new addresses (A3.4)', async () => {
    const { child, finished } = cluster.up.running;
    child.kill('SIGKILL');
    await finished;
    // What a reboot takes: every process, and what was in memory.
    const runtimeFolder = join(cluster.up.dataDir, 'pods');
    for (const pid of nodesOf('shim.js', runtimeFolder)) process.kill(pid, 'SIGKILL');
    await eventually('no process', () => Promise.resolve(before.every(({ metadata }) => processesOf(metadata.name).length === 0)));
    for (const name of memoryFolders(cluster.up.dataDir)) rmSync(name, { recursive: true, force: true });
    await cluster.startAgain();
    const names = (pods: readonly PodRead[]) => pods.map(({ metadata }) => metadata.name).sort();
    const after = await eventually('three ready pods', async () => {
      const pods = await cluster.podsOf('web');
      const ready = pods.every(
        ({ status }) => status.containerStatuses[0]?.ready === true && status.containerStatuses[0].restartCount === 1,
      );
      return pods.length === 3 && ready && pods;
    });
    expect(names(after)).toEqual(names(before));
    const old = new Set(before.map(({ status }) => status.podIP));
    expect(after.filter(({ status }) => old.has(status.podIP))).toEqual([]);
    for (const { metadata } of after)
      expect((await cluster.eventsOf(metadata.name)).map(({ reason }) => reason)).toContain('SandboxChanged');
    const url = await cluster.nodePort('web');
    await eventually('an answer', async () => (await shoot(url)).error === undefined);
  });

  it('end with Ctrl-C, and come back with the next start (A3.4)', async () => {
    const from = Date.now();
    await cluster.up.stop();
    console.log(`steer up ended ${Date.now() - from} ms after Ctrl-C`);
    expect(before.flatMap(({ metadata }) => processesOf(metadata.name))).toEqual([]);
    await cluster.startAgain();
    await cluster.rolledOut('web');
    const now = await eventually('three processes', async () => {
      const pods = await cluster.podsOf('web');
      return pods.length === 3 && pods.every(({ metadata }) => processesOf(metadata.name).length === 1) && pods;
    });
    const url = await cluster.nodePort('web');
    await eventually(
      'an answer',
      async () => now.some(({ metadata }) => metadata.name.startsWith('web-')) && (await shoot(url)).error === undefined,
    );
  });
});
