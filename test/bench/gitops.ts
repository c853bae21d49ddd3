import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { Application, ConfigMap } from '../../src/api/kinds.generated.ts';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { secureRandom } from '../../src/base/random.ts';
import { InspectionMemo } from '../../src/gitops/inspect.ts';
import { planOnce } from '../../src/gitops/plan-once.ts';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import { openSources } from '../../src/gitops/sources/index.ts';
import { createValidate } from '../../src/gitops/validate.ts';
import { startDaemon, steer, type Daemon } from './daemon.ts';
import { concurrently, median, timed, type Row } from './measure.ts';

const objects = 1000;

/** A repository with `count` ConfigMaps, a file each; `folders`: a folder for every four. */
function repository(count: number, folders = false): string {
  const path = mkdtempSync(join(tmpdir(), 'steer-bench-repo-'));
  git(path, 'init', '-q', '-b', 'main');
  for (let index = 0; index < count; index++) write(path, index, { folders, value: '1' });
  commit(path);
  return path;
}
function write(path: string, index: number, options: { folders: boolean; value: string }): void {
  const folder = options.folders ? join(path, `app-${Math.floor(index / 4)}`) : path;
  mkdirSync(folder, { recursive: true });
  const data = `data:\n  value: '${options.value}'\n  text: ${'x'.repeat(400)}\n`;
  writeFileSync(
    join(folder, `cm-${index}.yaml`),
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cm-${index}\n  labels:\n    app: bench\n${data}`,
  );
}
function git(path: string, ...args: string[]): void {
  execFileSync('git', ['-C', path, '-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], { stdio: 'ignore' });
}
function commit(path: string): void {
  git(path, 'add', '-A');
  git(path, 'commit', '-q', '-m', 'change');
}

async function healthy(daemon: Daemon, count: number): Promise<void> {
  for (let waited = 0; waited < 6000; waited++) {
    const { items } = await daemon.cluster.list(Application);
    if (items.filter((one) => one.status?.health === 'Healthy' && one.status.current !== undefined).length >= count) return;
    await setTimeout(50);
  }
  throw new Error(`the applications did not get healthy in 5 minutes:\n${daemon.output().slice(-2000)}`);
}

/** First sync, a small commit and an unchanged plan of one application of 1,000 objects; kubectl on the same files beside. */
export async function gitops(): Promise<Row[]> {
  const repo = repository(objects);
  const daemon = await startDaemon({ repo });
  try {
    const first = await timed(() => healthy(daemon, 1));
    const commits: number[] = [];
    for (let round = 0; round < 9; round++) commits.push(await commitToApplied(daemon, repo, `round-${round}`));
    const plans = await unchangedPlans(daemon, repo);
    const offline = await plansOffline(repo);
    const peer = await kubectl(repo);
    return [
      {
        name: 'first sync of 1,000 objects',
        value: first / 1000,
        unit: 's',
        line: '<= 5',
        ...peerOf('kubectl apply --server-side', peer?.apply),
      },
      { name: 'commit to applied, one changed file of 1,000', value: median(commits), unit: 'ms', line: '<= 100' },
      {
        name: 'plan of 1,000 unchanged objects, warm',
        value: median(plans),
        unit: 'ms',
        line: '<= 300',
        ...peerOf('kubectl diff --server-side', peer?.diff),
      },
      { name: 'plan --from --to of 1,000 objects, one changed (no cluster)', value: median(offline), unit: 's' },
    ];
  } finally {
    await daemon.stop();
    rmSync(repo, { recursive: true, force: true });
  }
}
function peerOf(name: string, value: number | undefined): Pick<Row, 'peer'> {
  return value === undefined ? {} : { peer: { name, value } };
}

/** From the end of `git commit` to the object that a watch brings. */
async function commitToApplied(daemon: Daemon, repo: string, value: string): Promise<number> {
  const key = { namespace: 'default', name: 'cm-500' };
  const { resourceVersion } = await daemon.cluster.list(ConfigMap, {
    namespace: key.namespace,
    fieldSelector: `metadata.name=${key.name}`,
  });
  const stop = new AbortController();
  const seen = (async () => {
    for await (const event of daemon.cluster.watch(ConfigMap, resourceVersion, {
      namespace: key.namespace,
      fieldSelector: `metadata.name=${key.name}`,
      signal: stop.signal,
    })) {
      if (event.type === 'MODIFIED' && event.object.data?.['value'] === value) return performance.now();
    }
    throw new Error('the watch ended');
  })();
  await setTimeout(300);
  write(repo, 500, { folders: false, value });
  git(repo, 'add', '-A');
  git(repo, 'commit', '-q', '-m', 'change');
  const committed = performance.now();
  const at = await seen;
  stop.abort();
  return Math.max(0, at - committed);
}

async function unchangedPlans(daemon: Daemon, repo: string): Promise<number[]> {
  const clock = realClock();
  const sources = openSources({
    clock,
    random: secureRandom(),
    log: silentLog,
    directory: join(daemon.folder, 'git'),
    environment: process.env,
  });
  const request = {
    cluster: daemon.cluster,
    sources,
    renderers: createRenderers(),
    validate: createValidate(clock),
    source: { repo, path: '', revision: '', intervalMs: 30_000 },
    application: { namespace: 'default', name: 'bench' },
    memo: new InspectionMemo(),
    signal: new AbortController().signal,
  };
  try {
    const took: number[] = [];
    for (let round = 0; round < 6; round++) {
      took.push(
        await timed(async () => {
          const { plan } = await planOnce(request);
          if (plan.summary.unchanged !== objects) throw new Error(`the plan is not empty: ${JSON.stringify(plan.summary)}`);
        }),
      );
    }
    return took.slice(1);
  } finally {
    await sources.close();
  }
}

/** The whole command, from the start of its process to its end, in seconds. */
async function plansOffline(repo: string): Promise<number[]> {
  const cache = mkdtempSync(join(tmpdir(), 'steer-bench-cache-'));
  const args = [steer, 'plan', repo, '--from', 'HEAD~1', '--to', 'HEAD', '--detailed-exitcode'];
  const took: number[] = [];
  try {
    for (let round = 0; round < 5; round++) {
      const run = () => spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, XDG_CACHE_HOME: cache } });
      const ms = await timed(() => {
        const { status, stderr } = run();
        if (status !== 2) throw new Error(`steer plan answered ${status}: ${stderr}`);
        return Promise.resolve();
      });
      took.push(ms / 1000);
    }
    return took;
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

/** kubectl on the same files and an empty cluster of ours: apply in seconds, diff in milliseconds; undefined, and said, where it is not installed. */
async function kubectl(repo: string): Promise<{ apply: number; diff: number } | undefined> {
  if (spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status !== 0) {
    console.error('no kubectl on this machine: its columns stay empty');
    return undefined;
  }
  const daemon = await startDaemon();
  try {
    const run = (...args: string[]) => {
      const done = spawnSync('kubectl', ['--kubeconfig', daemon.kubeconfig, ...args, '--server-side', '-f', repo], { encoding: 'utf8' });
      if (done.status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${done.stderr}`);
    };
    const apply = await timed(() => Promise.resolve(run('apply')));
    const diff = await timed(() => Promise.resolve(run('diff')));
    return { apply: apply / 1000, diff };
  } finally {
    await daemon.stop();
  }
}

/** 1,000 applications of 4 objects each, all new at once, from one repository. */
export async function applications(): Promise<Row[]> {
  const count = 1000;
  const repo = repository(count * 4, true);
  const daemon = await startDaemon();
  try {
    const start = performance.now();
    await concurrently(count, 16, (index) =>
      daemon.cluster.create(Application, {
        apiVersion: 'steersman.dev/v1',
        kind: 'Application',
        metadata: { name: `app-${index}`, namespace: 'default' },
        spec: { source: { repo, path: `app-${index}`, interval: '1h' }, namespace: 'default' },
      }),
    );
    await healthy(daemon, count);
    const seconds = (performance.now() - start) / 1000;
    return [
      { name: 'first sync of 1,000 applications x 4 objects', value: seconds, unit: 's', line: '<= 20' },
      { name: 'memory with 1,000 applications', value: daemon.memoryMb(), unit: 'MB' },
    ];
  } finally {
    await daemon.stop();
    rmSync(repo, { recursive: true, force: true });
  }
}
