import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { secureRandom } from '../../src/base/random.ts';
import type { Artifact } from '../../src/gitops/source.ts';
import { createRenderers, renderPath } from '../../src/gitops/renderers/index.ts';
import { openSources } from '../../src/gitops/sources/index.ts';
import { timed, type Row } from './measure.ts';

const overlays = 500;
/** So many are built one by one by the peer; all would take most of a minute. */
const oneByOne = 100;

/** 500 overlays of one base, each with a namespace, a prefix, an image and a patch: as Steersman renders them, and by `kustomize build` one by one. */
export async function renders(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'steer-bench-renders-'));
  const repo = join(folder, 'repo');
  write(repo);
  git(repo, 'init', '-q', '-b', 'main');
  git(repo, 'add', '-A');
  git(repo, '-c', 'user.name=bench', '-c', 'user.email=bench@example.org', 'commit', '-q', '-m', 'overlays');
  try {
    const peer = await byKustomize(repo);
    const cold = await bySteersman(repo, folder);
    const kept = await bySteersman(repo, folder);
    return [
      {
        name: `${overlays} Kustomize renders`,
        value: cold,
        unit: 'ms',
        line: `<= ${Math.round(peer / 3)}`,
        peer: { name: 'kustomize build, one by one', value: peer },
      },
      {
        name: `${overlays} Kustomize renders, kept by another process`,
        value: kept,
        unit: 'ms',
        line: `<= ${Math.round(peer / 50)}`,
        peer: { name: 'kustomize build, one by one', value: peer },
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As a new process would: nothing is known but what lies on disk. */
async function bySteersman(repo: string, folder: string): Promise<number> {
  const clock = realClock();
  const environment = process.env;
  const sources = openSources({ clock, random: secureRandom(), log: silentLog, directory: join(folder, 'git'), environment });
  const { signal } = new AbortController();
  try {
    const artifact: Artifact = await sources.resolve({ repo, path: '', revision: 'main', intervalMs: 60_000 }, signal);
    const renderers = createRenderers({ clock, environment, directory: join(folder, 'render') });
    return await timed(async () => {
      const all = Array.from({ length: overlays }, (_, at) =>
        renderPath(renderers, artifact, { path: `apps/app-${at}`, namespace: 'default' }, signal),
      );
      const objects = (await Promise.all(all)).reduce((sum, { manifests }) => sum + manifests.length, 0);
      if (objects !== overlays * 3) throw new Error(`${objects} objects were rendered`);
    });
  } finally {
    await sources.close();
  }
}

async function byKustomize(repo: string): Promise<number> {
  const ms = await timed(() => {
    for (let at = 0; at < oneByOne; at++) execFileSync('kustomize', ['build', `apps/app-${at}`], { cwd: repo });
    return Promise.resolve();
  });
  return (ms / oneByOne) * overlays;
}

function write(repo: string): void {
  const files: Record<string, string> = {
    'base/kustomization.yaml':
      'resources: [deployment.yaml, service.yaml]\nconfigMapGenerator:\n  - name: settings\n    literals: [mode=calm]\n',
    'base/service.yaml':
      'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: web\n  ports:\n    - port: 80\n',
    'base/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: nginx:1.25
          envFrom:
            - configMapRef:
                name: settings
`,
  };
  for (let at = 0; at < overlays; at++) {
    files[`apps/app-${at}/kustomization.yaml`] =
      `resources:\n  - ../../base\nnamespace: team-${at % 20}\nnamePrefix: app-${at}-\nimages:\n  - name: nginx\n    newTag: "1.26"\npatches:\n  - path: replicas.yaml\n`;
    files[`apps/app-${at}/replicas.yaml`] =
      `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: ${2 + (at % 5)}\n`;
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(repo, name)), { recursive: true });
    writeFileSync(join(repo, name), text);
  }
}
function git(repo: string, ...args: string[]): void {
  execFileSync('git', ['-C', repo, ...args], { stdio: 'ignore' });
}
