import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rendererFor } from '../../src/gitops/renderers/index.ts';
import { readManifests } from '../../src/gitops/renderers/manifest-file.ts';
import { corpus, corpusPath } from '../support/corpus.ts';
import { artifactOfFolder, openRenderers } from '../support/render-tools.ts';

interface Build {
  readonly ok: boolean;
  readonly yaml?: string;
}
const names = ['argo-cd-e2e-testdata', 'flux2-kustomize-helm-example', 'microservices-demo', 'onedr0p-home-ops', 'podinfo'];

describe.skipIf(corpus === undefined)('every kustomization of real repositories', () => {
  it.each(names)(
    'gives what kustomize gave for %s',
    async (name) => {
      const { builds } = JSON.parse(readFileSync(corpusPath('rendered', `${name}.json`), 'utf8')) as { builds: Record<string, Build> };
      const artifact = await artifactOfFolder(corpusPath('gitops', name));
      const renderers = openRenderers();
      const rendered = await Promise.all(
        Object.entries(builds).map(async ([path, build]) => {
          const renderer = await rendererFor(renderers, artifact, path);
          const result = await renderer.render(artifact, path, new AbortController().signal).catch((error: unknown) => error as Error);
          return { path, build, name: renderer.name, result };
        }),
      );
      for (const { path, build, name: renderer, result } of rendered) {
        expect(renderer).toBe('kustomize');
        if (!build.ok) expect(result, path).toBeInstanceOf(Error);
        else
          expect(objectsOf(result instanceof Error ? [result] : result.manifests.map((one) => one.object)), path).toEqual(
            objectsOf(expected(build)),
          );
      }
    },
    60_000,
  );
});

function expected(build: Build): readonly unknown[] {
  return readManifests('rendered', Buffer.from(build.yaml ?? '')).objects.map((one) => one.object);
}
/** In one order, whatever the program's. */
function objectsOf(objects: readonly unknown[]): unknown[] {
  const nameOf = (object: unknown) => {
    if (object instanceof Error) return object.message;
    const { apiVersion, kind, metadata } = object as { apiVersion: string; kind: string; metadata: { namespace?: string; name?: string } };
    return `${apiVersion}/${kind}/${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
  };
  return [...objects].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}
