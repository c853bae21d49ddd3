import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refOf, refText } from '../../src/api/object.ts';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { ReconcileError } from '../../src/reconcile/controller.ts';
import type { PlannedOnce } from '../../src/gitops/plan-once.ts';
import type { Sources } from '../../src/gitops/source.ts';
import { openSources } from '../../src/gitops/sources/index.ts';
import { corpus, corpusPath } from '../support/corpus.ts';
import { tempFolder } from '../support/git-servers.ts';
import { startPlannedCluster, troubles, wanted, type PlannedCluster } from '../support/planned-cluster.ts';

const folder = tempFolder();
const repo = join(folder.path, 'podinfo');
let sources: Sources;
beforeAll(() => {
  if (corpus === undefined) return;
  execFileSync('git', ['clone', '-q', '--bare', '-b', 'main', corpusPath('bundles/podinfo.bundle'), repo], { stdio: 'pipe' });
  const directory = join(folder.path, 'data');
  sources = openSources({ clock: realClock(), random: seededRandom(1), log: silentLog, directory, environment: process.env, freshMs: 0 });
});
afterAll(async () => {
  await sources?.close();
  folder[Symbol.dispose]();
});
const git = (...args: string[]) =>
  execFileSync('git', ['-C', repo, ...args], { maxBuffer: 1e9 })
    .toString()
    .trim();

/** Where manifests ever lay: each is an application. What a person applies as one is one. */
const whole = /^deploy\/(?:webapp|secure)(?=\/)/;
function foldersOfHistory(): readonly string[] {
  const names = git('log', '--name-only', '--format=').split('\n');
  const folders = names.filter((name) => name.endsWith('.yaml')).map((name) => name.split('/').slice(0, -1).join('/'));
  return [...new Set(folders.map((name) => whole.exec(`${name}/`)?.[0] ?? name))].sort();
}

/** Pairs of a commit and its first parent that differ in the folder, oldest first. Both sides hold it. */
function changesOf(path: string): readonly (readonly [parent: string, commit: string])[] {
  const lines = git('log', '--reverse', '--topo-order', '--format=%H %P', '--full-history', '--', path).split('\n');
  const pairs = lines.flatMap((line) => {
    const [commit = '', ...parents] = line.split(' ');
    return parents.map((parent) => [parent, commit] as const);
  });
  const input = pairs.flat().map((id) => `${id}:${path}\n`);
  const found = execFileSync('git', ['-C', repo, 'cat-file', '--batch-check=%(objectname)'], { input: input.join('') });
  const trees = found.toString().trim().split('\n');
  const out = new Map<string, readonly [string, string]>();
  pairs.forEach((pair, at) => {
    const [old = '', now = ''] = trees.slice(at * 2, at * 2 + 2);
    if (old !== now && !old.endsWith(' missing') && !now.endsWith(' missing')) out.set(`${old} ${now}`, pair);
  });
  return [...out.values()];
}

/** The last 50 commits are planned elsewhere as reviews; where time is short, only the folders in which one changed what cannot be changed. */
const soak = process.env['STEER_SOAK'] !== undefined;
const chosen = (folder: string): boolean => soak || /^deploy\/bases\/(?:backend|cache|frontend)$/.test(folder);

interface Tally {
  plans: number;
  changed: number;
  refused: string[];
  immutable: string[];
}

/** Brings the cluster to a commit as a person would: what cannot be changed is deleted and made anew. Undefined when it is refused. */
async function bring(
  world: PlannedCluster,
  { path, commit }: { path: string; commit: string },
  tally: Tally,
): Promise<PlannedOnce | undefined> {
  const source = { path, revision: commit };
  try {
    let planned = await world.plan(source);
    const stuck = planned.steps.filter((step) => step.action === 'blocked');
    for (const { ref, findings, inspection } of stuck) {
      const why = findings?.find((finding) => finding.blocks);
      if (why?.kind !== 'immutable') throw new ReconcileError('BuildFailed', `${refText(ref)}: ${why?.message}`);
      tally.immutable.push(`${commit.slice(0, 7)} ${ref.kind} ${ref.name}`);
      if (inspection?.desired.kind !== undefined) await world.cluster.delete(inspection.desired.kind, refOf(inspection.desired.object));
    }
    if (stuck.length > 0) planned = await world.plan(source);
    expect(troubles(await world.apply(planned))).toEqual([]);
    return planned;
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw new Error(`${path} at ${commit}`, { cause: error });
    tally.refused.push(error.message.split('\n')[0] ?? '');
    return undefined;
  }
}

describe.skipIf(corpus === undefined)('each commit of podinfo', () => {
  test('planned from its parents and applied leaves an empty plan', { timeout: 600_000 }, async () => {
    const tally: Tally = { plans: 0, changed: 0, refused: [], immutable: [] };
    for (const path of foldersOfHistory().filter(chosen)) {
      let world = await startPlannedCluster({ sources, repo });
      let stands: string | undefined;
      for (const [parent, commit] of changesOf(path)) {
        if (stands !== parent) {
          await world.stop();
          world = await startPlannedCluster({ sources, repo });
          if ((await bring(world, { path, commit: parent }, tally)) === undefined) continue;
        }
        const planned = await bring(world, { path, commit }, tally);
        stands = planned === undefined ? undefined : commit;
        if (planned === undefined) continue;
        expect([path, commit, wanted(await world.plan({ path, revision: commit }))]).toEqual([path, commit, []]);
        tally.plans += 1;
        tally.changed += wanted(planned).length;
      }
      await world.stop();
    }
    console.log(`podinfo: ${tally.plans} plans, ${tally.changed} steps that changed something`);
    expect(tally.plans).toBeGreaterThan(soak ? 400 : 30);
    // One commit changed the labels that Deployments select by; folders that hold alternatives of one another are no application.
    expect(new Set(tally.immutable)).toEqual(
      new Set(['83e669d Deployment backend', '83e669d Deployment cache', '83e669d Deployment frontend']),
    );
    // Its volume says where it is by an annotation, which Kubernetes has not read since 1.10 (validatePersistentVolumeSpec).
    const rightly = [/ is written twice: also in "deploy\//, /^PersistentVolume podinfo-vol-0: .*Local volume requires node affinity$/];
    expect(tally.refused.filter((message) => !rightly.some((pattern) => pattern.test(message)))).toEqual([]);
  });
});
