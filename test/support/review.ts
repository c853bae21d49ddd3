import { createLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import type { Review } from '../../src/api/review.ts';
import { refText } from '../../src/api/object.ts';
import type { FoundApplication } from '../../src/gitops/found.ts';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import type { Artifact } from '../../src/gitops/source.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import { reviewRevisions, type Reviewed, type ReviewRequest } from '../../src/review/review.ts';
import { builtInKinds } from './api-server.ts';

export type Files = Readonly<Record<string, string | null>>;

/** Each folder at the top of a tree is an application of its name. */
export async function topFolders(artifact: Artifact): Promise<FoundApplication[]> {
  const files = await artifact.list('');
  const names = [...new Set(files.filter(({ path }) => path.includes('/')).map(({ path }) => path.split('/')[0] as string))];
  return names.map((name) => applicationAt(name));
}
export function applicationAt(path: string, more: Partial<FoundApplication> = {}): FoundApplication {
  return {
    application: { namespace: 'default', name: path.replaceAll('/', '-') },
    ...{ form: 'Folder', path, namespace: 'default', cluster: '', render: {}, prune: true, suspended: false, dependsOn: [] },
    ...more,
  };
}

/** The review of two commits of a repository in memory: `base`, and `head` on top of it. */
export async function review(base: Files, head: Files, more: Partial<ReviewRequest> = {}): Promise<Reviewed> {
  const clock = new SimulatedClock();
  const sources = new MemorySource(clock);
  const from = sources.commit('repo', base, { message: 'base' });
  sources.commit('repo', head, { message: 'head' });
  return reviewRevisions({
    ...{ clock, random: seededRandom(1), log: createLog(() => undefined, 'error'), version: '0.0.0', kinds: builtInKinds() },
    ...{ sources, renderers: createRenderers(), from, signal: new AbortController().signal },
    source: { repo: 'repo', path: '', revision: 'main', intervalMs: 30_000 },
    find: async (artifact) => ({ applications: await topFolders(artifact), said: [], problems: [] }),
    ...more,
  });
}

/** What becomes of each application: `shop changed`, and its steps that do something: `configure ConfigMap default/a`. */
export function outline({ applications }: Review): Record<string, readonly string[]> {
  return Object.fromEntries(
    applications.map(({ application, change, plan, failure }) => {
      const steps = plan?.steps.filter(({ action }) => action !== 'unchanged') ?? [];
      const lines = steps.map(({ action, ref, why }) => `${action} ${refText(ref)}${action === 'skip' ? ` (${why ?? ''})` : ''}`);
      return [`${application.name} ${change}`, failure === undefined ? lines : [`${failure.stage}: ${failure.message}`]];
    }),
  );
}
