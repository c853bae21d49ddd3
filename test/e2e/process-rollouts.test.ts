import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempFolder } from '../support/git-servers.ts';
import { counted, quantile, shoot, startLoad, type Shot } from '../support/load.ts';
import { killNow, processesOf, processOf, service, webDeployment } from '../support/pod-programs.ts';
import { eventually, newestKubectl, pause, startProcessCluster, type ProcessCluster } from '../support/process-cluster.ts';

const ways = [
  ['isolated where it can be', []],
  ['plain', ['--isolation', 'plain']],
] as const;

const took = (shots: readonly Shot[]) => {
  const ms = shots.map(({ sent, ended }) => ended - sent);
  return `p50 ${quantile(ms, 0.5)} ms, p99 ${quantile(ms, 0.99)} ms`;
};

describe.skipIf(newestKubectl === undefined).each(ways)('changes under load of pods that are processes, %s', (way, args) => {
  const folder = tempFolder('steer-process-rollouts-');
  let cluster: ProcessCluster;
  beforeAll(async () => {
    cluster = await startProcessCluster(folder.path, args);
  });
  afterAll(async () => {
    await cluster.up.stop();
    folder[Symbol.dispose]();
  });
  const answering = (url: string) => eventually('an answer', async () => (await shoot(url)).error === undefined);

  it('a rolling update fails no request, and ten stay available (A3.8)', async () => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 2 } };
    await cluster.apply(webDeployment('rolling', 10, { takes: 20, strategy }), service('rolling', { type: 'NodePort' }));
    await cluster.rolledOut('rolling');
    const url = await cluster.nodePort('rolling');
    await answering(url);
    const watch = cluster.kubectl.start([
      'get',
      'deployment',
      'rolling',
      '-w',
      '-o',
      'custom-columns=AVAILABLE:.status.availableReplicas',
      '--no-headers',
    ]);
    const load = startLoad(url, 100);
    await pause(500);
    const before = (await cluster.podsOf('rolling')).map(({ metadata }) => metadata.name);
    await cluster.kubectl.ok(['set', 'image', 'deployment/rolling', 'web=node:22']);
    await cluster.rolledOut('rolling');
    await pause(500);
    const shots = await load.stop();
    const available = (await watch.stop()).stdout.trim().split(/\s+/).map(Number);
    const failed = shots.filter(({ error }) => error !== undefined);
    console.log(`${way}: ${shots.length} requests during a rolling update of ten, ${failed.length} failed; ${took(shots)}`);
    expect(failed).toEqual([]);
    expect(before).toContain(shots[0]?.pod);
    const after = (await cluster.podsOf('rolling')).map(({ metadata }) => metadata.name);
    expect([after.filter((name) => before.includes(name)), after.includes(shots.at(-1)?.pod ?? '')]).toEqual([[], true]);
    expect(Math.min(...available)).toBe(10);
    await cluster.kubectl.ok(['delete', 'deployment', 'rolling']);
  });

  it('a pod that dies takes only the requests with it that it had in hand (A4.8)', async () => {
    await cluster.apply(webDeployment('mortal', 3, { takes: 20 }), service('mortal', { type: 'NodePort' }));
    await cluster.rolledOut('mortal');
    const url = await cluster.nodePort('mortal');
    await answering(url);
    const load = startLoad(url, 100);
    await pause(500);
    const deaths: { readonly pod: string; readonly from: number; readonly at: number }[] = [];
    for (let round = 0; round < 10; round++) {
      const next = Date.now() + 1000;
      const ready = await eventually('three ready pods', async () => {
        const all = (await cluster.podsOf('mortal')).filter(({ status }) =>
          status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
        );
        return all.length === 3 && all;
      });
      const victim = ready[round % ready.length]?.metadata.name ?? '';
      const from = Date.now();
      deaths.push({ pod: victim, from, at: await killNow(processOf(victim)) });
      // By now its container runs again; it dies once more with the pod.
      const again = Date.now();
      await cluster.kubectl.ok(['delete', 'pod', victim, '--grace-period=0', '--force', '--wait=false']);
      while (processesOf(victim).length > 0) await pause(5);
      deaths.push({ pod: victim, from: again, at: Date.now() });
      await pause(next - Date.now());
    }
    await cluster.rolledOut('mortal');
    const shots = await load.stop();
    const failed = shots.filter(({ error }) => error !== undefined);
    const inHand = ({ sent, ended, pod }: Shot) =>
      deaths.some((death) => sent <= death.at && ended >= death.from && (pod === undefined || pod === death.pod));
    console.log(
      `${way}: ${shots.length} requests while ten pods were killed, ${failed.length} failed ` +
        `(${JSON.stringify(counted(failed.map(({ error }) => error)))}); ${took(shots)}`,
    );
    expect(failed.filter((shot) => !inHand(shot))).toEqual([]);
    expect(shots.filter(({ error }) => error === undefined).length).toBeGreaterThan(900);
  });
});
