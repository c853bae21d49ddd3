import { isRecord } from '../base/json.ts';
import type { FoundApplication } from '../gitops/found.ts';
import type { Artifact } from '../gitops/source.ts';
import { parseYaml } from '../gitops/yaml.ts';
import { ReconcileError } from '../reconcile/controller.ts';

/** Files that may name others outside of their folder. */
const naming = /(^|\/)(kustomization\.ya?ml|Kustomization|Chart\.ya?ml|requirements\.ya?ml)$/;
/** Of one application; beyond this everything counts as read. */
const mostFolders = 2000;

/**
 * What rendering an application may read, as paths of a tree with their digests: its own path, and all that the kustomizations and
 * charts in it lead to. Rather too much than too little: equal answers for two commits mean equal manifests.
 */
export async function inputsOf(artifact: Artifact, found: FoundApplication): Promise<string> {
  const seen = new Map<string, string>();
  let next = [found.path, ...namedBy(found)];
  while (next.length > 0) {
    const fresh = [...new Set(next)].filter((path) => !covered(path, seen));
    next = [];
    for (const path of fresh) {
      const digest = await digestOf(artifact, path);
      seen.set(path, digest);
      if (digest !== '') next.push(...(await leadsTo(artifact, path)));
    }
    if (seen.size > mostFolders) return artifact.digest('');
  }
  return [...seen]
    .map(([path, digest]) => `${path}\0${digest}`)
    .sort()
    .join('\n');
}

function covered(path: string, seen: ReadonlyMap<string, string>): boolean {
  for (let at = path; ; at = at.replace(/\/?[^/]*$/, '')) {
    if (seen.has(at)) return true;
    if (at === '') return false;
  }
}

/** '' for what is not there. */
async function digestOf(artifact: Artifact, path: string): Promise<string> {
  try {
    return await artifact.digest(path);
  } catch (error) {
    // What is not there, or a link that nobody follows, is rendered as such.
    if (error instanceof ReconcileError) return '';
    throw error;
  }
}

/** Paths that the settings of an application name beside its own. */
function namedBy({ render, path }: FoundApplication): string[] {
  const components = render.kustomize?.components ?? [];
  return [...(render.helm?.valueFiles ?? []), ...components.flatMap((one) => [one, joined(path, one)])]
    .map((one) => joined('', one))
    .filter((one) => one !== undefined);
}

async function leadsTo(artifact: Artifact, path: string): Promise<string[]> {
  const files = (await artifact.list(path)).filter((file) => file.special === undefined && naming.test(file.path));
  const contents = files.length === 0 ? [] : await artifact.read(files.map((file) => file.path));
  return files.flatMap((file, at) => {
    const folder = file.path.includes('/') ? file.path.slice(0, file.path.lastIndexOf('/')) : '';
    const { documents } = parseYaml(Buffer.from(contents[at] as Uint8Array).toString('utf8'));
    return documents.flatMap(({ value }) => outward(value)).flatMap((text) => joined(folder, text) ?? []);
  });
}

/** Texts anywhere in a value that lead out of the folder that they stand in. */
function outward(value: unknown): string[] {
  if (typeof value === 'string') {
    const text = value.replace(/^file:\/\//, '');
    return text.startsWith('../') || text === '..' ? [text] : [];
  }
  if (Array.isArray(value)) return value.flatMap(outward);
  return isRecord(value) ? Object.values(value).flatMap(outward) : [];
}

/** From the root; undefined for what leaves the tree. */
function joined(folder: string, text: string | undefined): string | undefined {
  if (text === undefined || text.includes('\0')) return undefined;
  const parts = folder === '' ? [] : folder.split('/');
  for (const part of (text.split('?')[0] as string).split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
