import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createImportCache } from '../../src/gitops/find-applications.ts';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import { openSources } from '../../src/gitops/sources/index.ts';
import { loadKinds } from '../../src/kinds/load.ts';
import { reviewRevisions } from '../../src/review/review.ts';
import { steer } from './daemon.ts';
import { median, timed, type Row } from './measure.ts';
import { helmAndDiff, kubectlDiff, kustomizeAndDiff } from './review-peers.ts';

const applications = 1000;

/** 1,000 folders of four objects; the second commit changes an image in one of them. */
export async function reviews(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'steer-bench-reviews-'));
  const repo = join(folder, 'repo');
  try {
    makeRepository(repo);
    const cold: Run[] = [];
    const again: Run[] = [];
    for (let round = 0; round < 3; round++) {
      const cache = join(folder, `cache-${round}`);
      cold.push(command(repo, cache));
      again.push(command(repo, cache));
    }
    const same = await sameProcess(repo, folder);
    const peers = { folder, applications, write: writeApplication };
    const name = 'plan --from --to of 1,000 applications (4,000 objects), 1 changed, no cluster';
    const value = median(cold.map(({ seconds }) => seconds));
    const beside = [await kubectlDiff(peers), kustomizeAndDiff(peers), helmAndDiff(peers)].filter((peer) => peer !== undefined);
    return [
      { name, value, unit: 's', line: '<= 5' },
      ...beside.map((peer) => ({ name: '… the same', value, unit: 's', peer })),
      { name: '… again, as a new process', value: median(again.map(({ seconds }) => seconds)), unit: 's', line: '<= 1' },
      { name: '… again, in a process that stays (`--watch`, replay)', value: median(same), unit: 's', line: '<= 1' },
      { name: '… memory at most', value: Math.max(...cold.map(({ megabytes }) => megabytes)), unit: 'MB', line: '<= 500' },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeRepository(repo: string): void {
  mkdirSync(repo);
  git(repo, 'init', '-q', '-b', 'main');
  for (let index = 0; index < applications; index++) writeApplication(join(repo, 'apps', `app-${index}`), index, '1.0.0');
  git(repo, 'add', '-A');
  git(repo, 'commit', '-q', '-m', 'all');
  writeApplication(join(repo, 'apps', 'app-500'), 500, '1.1.0');
  git(repo, 'commit', '-q', '-a', '-m', 'one');
}
function git(repo: string, ...args: string[]): void {
  execFileSync('git', ['-C', repo, '-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], { stdio: 'ignore' });
}
function writeApplication(folder: string, index: number, tag: string): void {
  mkdirSync(folder, { recursive: true });
  const name = `app-${index}`;
  const metadata = `metadata:\n  name: ${name}\n  namespace: team-${index % 20}\n`;
  const files = {
    'config.yaml': `apiVersion: v1\nkind: ConfigMap\n${metadata}data:\n  level: info\n`,
    'account.yaml': `apiVersion: v1\nkind: ServiceAccount\n${metadata}`,
    'service.yaml': `apiVersion: v1\nkind: Service\n${metadata}spec:\n  selector:\n    app: ${name}\n  ports:\n    - port: 80\n`,
    'deployment.yaml': `apiVersion: apps/v1\nkind: Deployment\n${metadata}${podTemplate(name, tag)}`,
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
}
function podTemplate(name: string, tag: string): string {
  const container = `        - name: main\n          image: registry.example/${name}:${tag}\n          envFrom:\n            - configMapRef:\n                name: ${name}\n`;
  return `spec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: ${name}\n  template:\n    metadata:\n      labels:\n        app: ${name}\n    spec:\n      serviceAccountName: ${name}\n      containers:\n${container}`;
}

interface Run {
  readonly seconds: number;
  readonly megabytes: number;
}
/** The whole command, from the start of its process to its end. Its own last words are how much memory it took. */
function command(repo: string, cache: string): Run {
  const args = [
    '--import',
    `data:text/javascript,${encodeURIComponent(tellMemory)}`,
    steer,
    'plan',
    repo,
    '--from',
    'HEAD~1',
    '--detailed-exitcode',
  ];
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, XDG_CACHE_HOME: cache } });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 2) throw new Error(`steer plan answered ${status}: ${stderr}`);
  return { seconds, megabytes: Number(/(\d+) KB at most/.exec(stderr)?.[1] ?? Number.NaN) / 1024 };
}
const tellMemory = `process.on('exit', () => console.error(process.resourceUsage().maxRSS + ' KB at most'));`;

/** Seconds of each review but the first. */
async function sameProcess(repo: string, folder: string): Promise<number[]> {
  const clock = realClock();
  const random = seededRandom(1);
  const directory = join(folder, 'data');
  const sources = openSources({ clock, random, log: silentLog, directory, environment: process.env, freshMs: 0 });
  const renderers = createRenderers();
  const [kinds, imports] = [loadKinds(), createImportCache()];
  const source = { repo, path: '', revision: 'HEAD', intervalMs: 30_000 };
  const signal = new AbortController().signal;
  try {
    const took: number[] = [];
    for (let round = 0; round < 6; round++) {
      const ms = await timed(async () => {
        const { review } = await reviewRevisions({
          clock,
          random,
          log: silentLog,
          version: '0',
          kinds,
          sources,
          renderers,
          imports,
          source,
          from: 'HEAD~1',
          signal,
        });
        const changed = review.applications.filter(({ change }) => change !== 'unchanged');
        if (review.applications.length !== applications || changed.length !== 1) throw new Error('the review is wrong');
      });
      took.push(ms / 1000);
    }
    return took.slice(1);
  } finally {
    await sources.close();
  }
}
