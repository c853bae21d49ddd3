import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { Deployment, Pod } from '../../src/api/kinds.generated.ts';
import { randomInt, seededRandom, type Random } from '../../src/base/random.ts';
import type { Connection } from '../../src/client/connect.ts';
import { tempFolder, workRepository, type WorkRepository } from '../support/git-servers.ts';
import { deployment, yaml } from '../support/gitops.ts';
import { listenersAt, ofDataDirectory, nodesOf, processesBy } from '../support/left-behind.ts';
import { canIsolate, isRoot, type Mode } from '../support/process-runtime.ts';
import { startUp, type Up } from '../support/steer-up.ts';
import { createAsker, createChurn, serverSpec, type Asker, type Churn, type PodStyle } from './process-kill-pods.ts';

const soak = process.env['STEER_SOAK'] !== undefined;
const rounds = soak ? 50 : 5;
const seed = Number(process.env['STEER_SEED'] ?? Date.now() % 1_000_000);
const space = 'default';
const unwantedMs = 5000;
const settledMs = 30_000;

/** One data directory, one `steer up` after the other on it, and all that is done to it from outside. */
interface Story {
  readonly mode: Mode;
  readonly random: Random;
  readonly folder: string;
  readonly dataDir: string;
  readonly style: PodStyle;
  readonly repository: WorkRepository;
  readonly churn: Churn;
  readonly asker: Asker;
  up: Up;
  /** What the repository says. */
  replicas: number;
}

async function startStory(mode: Mode, folder: string): Promise<Story> {
  const style = { mark: `KILL_TEST_${mode.toUpperCase()}_${process.pid}`, runs: join(folder, 'runs') };
  const random = seededRandom(seed);
  const repository = workRepository(join(folder, 'repository'));
  mkdirSync(join(folder, 'temporary'));
  const story = {
    ...{ mode, random, folder, style, repository, dataDir: join(folder, 'data'), replicas: 3 },
    ...{ churn: createChurn(style, random), asker: createAsker() },
  };
  scale(story, 3);
  const up = await start(story);
  return { ...story, up };
}
function start({ mode, folder, repository }: Pick<Story, 'mode' | 'folder' | 'repository'>): Promise<Up> {
  const args = ['--runtime', 'process', '--isolation', mode];
  return startUp(repository.path, { folder, args, env: { TMPDIR: join(folder, 'temporary') } });
}
async function kill({ up }: Story): Promise<void> {
  up.running.child.kill('SIGKILL');
  await up.running.finished;
}
function scale(story: Pick<Story, 'repository' | 'style'> & { replicas: number }, replicas: number): void {
  const object = deployment('web', { replicas }) as Deployment;
  const template = { metadata: { labels: { app: 'web' } }, spec: serverSpec(story.style) };
  story.repository.commit({ 'web.yaml': yaml({ ...object, spec: { ...object.spec, template } }) });
  story.replicas = replicas;
}

async function podsOf(cluster: Connection): Promise<readonly Readonly<Pod>[]> {
  return (await cluster.list(Pod, { namespace: space })).items;
}
const isWanted = (pod: Readonly<Pod>) => pod.metadata.deletionTimestamp === undefined;
const namesOf = (pods: readonly Readonly<Pod>[]) => new Set(pods.map(({ metadata }) => metadata.name));
/** A process that just ends as its pod does is still seen by one of two looks. */
async function unwanted(story: Story, cluster: Connection): Promise<string[]> {
  const look = async () => {
    const before = [...processesBy(story.style.mark).keys()];
    const wanted = namesOf((await podsOf(cluster)).filter(isWanted));
    return before.filter((name) => !wanted.has(name));
  };
  const first = await look();
  if (first.length === 0) return [];
  const second = new Set(await look());
  return first.filter((name) => second.has(name));
}

/** What is not right of a pod; undefined when all is. */
function wrongOf(story: Story, pod: Readonly<Pod>, restarts: ReadonlySet<number>): string | undefined {
  const { name } = pod.metadata;
  const status = pod.status?.containerStatuses?.[0];
  const code = story.churn.made.get(name)?.code;
  const why = code === undefined ? whyNotServing(story.asker, pod) : whyNotEnded(story.churn, pod, code);
  const counted = restarts.has(status?.restartCount ?? -1);
  if (why === undefined && counted) return undefined;
  return `${name}: ${pod.status?.phase}, ${JSON.stringify(status?.state)}, restarts ${status?.restartCount}: ${why ?? ''}`;
}
function whyNotEnded(churn: Churn, pod: Readonly<Pod>, code: number): string | undefined {
  const ended = pod.status?.containerStatuses?.[0]?.state?.terminated;
  const begun = churn.begun(pod.metadata.name);
  const right = pod.status?.phase === (code === 0 ? 'Succeeded' : 'Failed') && ended?.exitCode === code && begun === 1;
  return right ? undefined : `it is to end with ${code}, and has begun ${begun} times`;
}
function whyNotServing(asker: Asker, pod: Readonly<Pod>): string | undefined {
  const { phase, podIP, conditions } = pod.status ?? {};
  if (phase !== 'Running' || podIP === undefined) return 'it does not run';
  if (!asker.hasAnswered(pod.metadata.name, podIP)) return 'it does not answer';
  return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true ? undefined : 'it is not ready';
}
/** What is not yet as it should be: objects, processes, statuses. */
async function wrong(story: Story, cluster: Connection, restarts: ReadonlySet<number>): Promise<string[]> {
  const pods = await podsOf(cluster);
  const web = await cluster.get(Deployment, { namespace: space, name: 'web' });
  const out = pods.map((pod) => (isWanted(pod) ? wrongOf(story, pod, restarts) : `${pod.metadata.name} is still there`));
  if (web.status?.availableReplicas !== story.replicas) out.push(`web has ${web.status?.availableReplicas} of ${story.replicas}`);
  const serving = pods.filter(({ metadata }) => story.churn.made.get(metadata.name)?.code === undefined);
  if (serving.filter(({ metadata }) => metadata.name.startsWith('web-')).length !== story.replicas) out.push('web has other pods');
  const running = processesBy(story.style.mark);
  for (const name of running.keys()) if (!namesOf(serving).has(name)) out.push(`${name} runs`);
  for (const name of namesOf(serving)) if (!running.has(name)) out.push(`${name} does not run`);
  return out.filter((line) => line !== undefined);
}
async function settled(story: Story, cluster: Connection, restarts: ReadonlySet<number> = new Set([0])): Promise<void> {
  for (const until = Date.now() + settledMs; ; await sleep(100)) {
    const lines = await wrong(story, cluster, restarts).catch((error: unknown) => [String(error)]);
    if (lines.length === 0) return;
    if (Date.now() > until) throw new Error(`not right after ${settledMs / 1000} s:\n${lines.join('\n')}\n${story.up.running.output()}`);
  }
}
/** The pids of pods that are to outlive what is done now. */
function pidsOfWanted(story: Story, wanted: ReadonlySet<string>): Map<string, number[]> {
  return new Map([...processesBy(story.style.mark)].filter(([name]) => wanted.has(name)));
}

/** Answers after how many milliseconds nothing unwanted ran any more. */
async function oneRound(story: Story): Promise<number> {
  const { random, churn, asker } = story;
  let before: Map<string, number[]>;
  {
    await using cluster = await story.up.connect();
    before = pidsOfWanted(story, namesOf((await podsOf(cluster)).filter(isWanted)));
    const churning = churn.run(cluster);
    scale(story, 2 + randomInt(random, 3));
    await sleep(randomInt(random, 2500));
    await kill(story);
    await churning;
  }
  await sleep(randomInt(random, 1000)); // Tasks end meanwhile, and nobody is told.
  story.up = await start(story);
  const from = Date.now();
  await using cluster = await story.up.connect();
  expect(churn.compare(await podsOf(cluster))).toEqual([]);
  for (;;) {
    const left = await unwanted(story, cluster);
    if (left.length === 0) break;
    if (Date.now() - from > unwantedMs) throw new Error(`still running ${unwantedMs} ms after the start: ${left.join(', ')}`);
    await sleep(50);
  }
  const took = Date.now() - from;
  await settled(story, cluster);
  const names = namesOf((await podsOf(cluster)).filter(isWanted));
  expect(asker.failuresOf(names)).toEqual([]);
  const after = pidsOfWanted(story, names);
  const kept = [...before].filter(([name]) => names.has(name));
  expect(kept.map(([name]) => [name, after.get(name)])).toEqual(kept);
  return took;
}

/** As Ctrl-C; answers what is left, and after how many milliseconds it was over. */
async function end(story: Story): Promise<{ left: string[]; tookMs: number }> {
  const { asker, dataDir, folder, style } = story;
  const { addresses } = asker;
  await asker.stop();
  const from = Date.now();
  await story.up.stop();
  const tookMs = Date.now() - from;
  const look = () => [
    ...[...processesBy(style.mark).keys()].map((name) => `${name} runs`),
    ...ofDataDirectory(dataDir),
    ...listenersAt(addresses),
    ...readdirSync(join(folder, 'temporary')),
  ];
  let left = look();
  // The kernel takes network namespaces down some moments after their last process.
  for (; left.length > 0 && Date.now() - from < tookMs + 3000; left = look()) await sleep(100);
  return { left, tookMs };
}

const modes = ['isolated', 'plain'] as const;
const possible = { plain: process.platform === 'linux', isolated: process.platform === 'linux' && isRoot && (await canIsolate()) };

describe.each(modes.filter((mode) => possible[mode]))('pods that run %s', (mode) => {
  const folder = tempFolder('steer-kill-');
  afterAll(() => folder[Symbol.dispose]());
  const tell = async (story: Story, work: () => Promise<void>) => {
    try {
      await work();
    } finally {
      await kill(story).catch(() => undefined); // It has ended, unless the test failed.
      for (const pid of nodesOf('shim.js', join(story.dataDir, 'pods'))) process.kill(pid, 'SIGKILL');
      await story.asker.stop();
    }
  };

  it(`live through ${rounds} kills of Steersman`, { timeout: soak ? 3_600_000 : 300_000 }, async () => {
    console.log(`${mode}: STEER_SEED=${seed}`);
    mkdirSync(join(folder.path, 'steersman'));
    const story = await startStory(mode, join(folder.path, 'steersman'));
    await tell(story, async () => {
      {
        await using cluster = await story.up.connect();
        await settled(story, cluster);
      }
      const took: number[] = [];
      for (let round = 1; round <= rounds; round++) took.push(await oneRound(story));
      const asked = story.asker.asked;
      const { left, tookMs } = await end(story);
      expect(left).toEqual([]);
      const slowest = Math.max(...took);
      console.log(`${mode}: ${rounds} kills, ${asked} answers, nothing unwanted after ${slowest} ms, all ended in ${tookMs} ms`);
    });
  });

  it.each(['their shim', 'their shim and Steersman at one moment'])('come back after a kill of %s', { timeout: 120_000 }, async (what) => {
    const path = join(folder.path, what.replaceAll(' ', '-'));
    mkdirSync(path);
    const story = await startStory(mode, path);
    await tell(story, async () => {
      {
        await using cluster = await story.up.connect();
        await settled(story, cluster);
        const shims = nodesOf('shim.js', join(story.dataDir, 'pods'));
        expect(shims.length).toBeGreaterThan(0);
        story.asker.forget();
        if (what !== 'their shim') story.up.running.child.kill('SIGKILL');
        for (const pid of shims) process.kill(pid, 'SIGKILL');
      }
      if (what !== 'their shim') {
        await story.up.running.finished;
        story.up = await start(story);
      }
      await using cluster = await story.up.connect();
      await settled(story, cluster, new Set([1]));
      const { left } = await end(story);
      expect(left).toEqual([]);
    });
  });
});
