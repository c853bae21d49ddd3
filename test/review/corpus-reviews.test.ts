import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Renderer } from '../../src/gitops/renderer.ts';
import type { Sources } from '../../src/gitops/source.ts';
import { openSources } from '../../src/gitops/sources/index.ts';
import { reviewRevisions } from '../../src/review/review.ts';
import { builtInKinds } from '../support/api-server.ts';
import { corpus, corpusPath } from '../support/corpus.ts';
import { tempFolder } from '../support/git-servers.ts';
import { openRenderers } from '../support/render-tools.ts';
import { carryOut, newTally } from '../support/review-world.ts';

const last = 50;
/**
 * What rendering rightly refuses: the bundles hold data files only, so that others which a kustomization reads are not there; and for a
 * few commits the history itself had a patch for a version of HelmRelease that its base no longer had.
 */
const rightly = [/is not in the repository/, /no matches for Id HelmRelease\.v2beta1\.helm\.toolkit\.fluxcd\.io\/podinfo/];

const folder = tempFolder();
let sources: Sources;
let renderers: readonly Renderer[];
beforeAll(() => {
  const directory = join(folder.path, 'data');
  sources = openSources({ clock: realClock(), random: seededRandom(1), log: silentLog, directory, environment: process.env, freshMs: 0 });
  renderers = openRenderers();
});
afterAll(async () => {
  await sources?.close();
  folder[Symbol.dispose]();
});

/** Commits with their first parents, newest first. */
function commitsOf(name: string): { repo: string; pairs: readonly (readonly [commit: string, parent: string])[] } {
  const repo = join(folder.path, name);
  execFileSync('git', ['clone', '-q', '--bare', '-b', 'main', corpusPath(`bundles/${name}.bundle`), repo], { stdio: 'pipe' });
  const lines = execFileSync('git', ['-C', repo, 'log', '-n', String(last), '--format=%H %P'])
    .toString()
    .trim()
    .split('\n');
  const pairs = lines
    .map((line) => line.split(' '))
    .flatMap(([commit, parent]) => (commit === undefined || parent === undefined ? [] : [[commit, parent] as const]));
  return { repo, pairs };
}

describe.skipIf(corpus === undefined)('each of the last commits of a real repository', { timeout: 900_000 }, () => {
  test.each(['podinfo', 'flux2-kustomize-helm-example'])(
    '%s: planned against its parent and carried out, gives exactly its state',
    async (name) => {
      const { repo, pairs } = commitsOf(name);
      const tally = newTally();
      const failed: string[] = [];
      for (const [commit, from] of pairs) {
        const reviewed = await reviewRevisions({
          ...{ clock: realClock(), random: seededRandom(1), log: silentLog, version: '0.0.0', kinds: builtInKinds() },
          ...{ sources, renderers, from, signal: new AbortController().signal },
          source: { repo, path: '', revision: commit, intervalMs: 30_000 },
        });
        for (const { application, failure } of reviewed.review.applications)
          if (failure !== undefined) failed.push(`${commit.slice(0, 7)} ${application.name}: ${failure.message}`);
        await carryOut(reviewed, tally).catch((error: unknown) => {
          throw new Error(`${commit}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
        });
      }
      console.log(
        `${name}: ${tally.plans} plans, ${tally.steps} steps that change something, ${tally.patches} patches; false changes: ${tally.falseChanges.length}`,
      );
      expect(tally.falseChanges).toEqual([]);
      expect(tally.missed).toEqual([]);
      expect(tally.blocked).toEqual([]);
      expect(failed.filter((line) => !rightly.some((pattern) => pattern.test(line)))).toEqual([]);
      expect(tally.plans).toBeGreaterThan(0);
    },
  );
});
