import { existsSync, mkdtempSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import type { WorkplaceOptions } from '../../src/gitops/rendering/workplace.ts';
import type { Renderer } from '../../src/gitops/renderer.ts';
import type { Artifact } from '../../src/gitops/source.ts';
import { openSources } from '../../src/gitops/sources/index.ts';

/** Where the checks keep the programs that they built. */
const built = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'steer-ci/bin');
/** The PATH on which kustomize and helm are found. */
export const toolPath = [built, process.env['PATH'] ?? ''].join(delimiter);

/** The program's path; throws where it is not there, since a check that is passed over tells nothing. */
export function toolFile(name: 'kustomize' | 'helm' | 'kubectl'): string {
  for (const folder of toolPath.split(delimiter)) if (existsSync(join(folder, name))) return join(folder, name);
  throw new Error(`there is no ${name} on the PATH nor in ${built}: .ci/run builds it`);
}

/** Renderers that may run programs, in a folder of their own. */
export function openRenderers(options: Partial<WorkplaceOptions> = {}): readonly Renderer[] {
  const directory = scratchFolder();
  return createRenderers({ clock: realClock(), environment: { PATH: toolPath }, directory, home: directory, ...options });
}
/** Goes with the run. */
export function scratchFolder(): string {
  return mkdtempSync(join(process.env['STEER_TEST_FOLDER'] ?? tmpdir(), 'steer-render-'));
}

/** A folder as an artifact. */
export async function artifactOfFolder(repo: string): Promise<Artifact> {
  const sources = openSources({
    clock: realClock(),
    random: seededRandom(1),
    log: silentLog,
    directory: scratchFolder(),
    environment: { PATH: toolPath },
  });
  afterAll(() => sources.close());
  return sources.resolve({ repo, path: '', revision: '', intervalMs: 60_000 }, new AbortController().signal);
}
