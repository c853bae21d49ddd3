import { expect, it } from 'vitest';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { RenderError } from '../../src/gitops/renderer.ts';
import { closureOf, keepKustomizations } from '../../src/gitops/rendering/closure.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';

it('a kustomization that cannot be built names what it reaches all the same, so that a change of that is seen', async () => {
  const source = new MemorySource(new SimulatedClock());
  source.commit('r', {
    'overlay/kustomization.yaml': 'resources: [../base, gone.yaml]\n',
    'base/kustomization.yaml': 'resources: [web.yaml]\n',
    'base/web.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n',
  });
  const artifact = await source.resolve({ repo: 'r', path: '', revision: '', intervalMs: 1000 }, new AbortController().signal);
  const error: unknown = await closureOf(artifact, 'overlay', keepKustomizations()).catch((thrown: unknown) => thrown);
  if (!(error instanceof RenderError)) throw new Error(`no RenderError but ${String(error)}`);
  expect(error.problems.map(({ message }) => message)).toEqual(['"gone.yaml" is not in the repository']);
  expect(error.rest?.read.map(({ path }) => path)).toEqual(['base/kustomization.yaml', 'base/web.yaml', 'overlay/kustomization.yaml']);
});
