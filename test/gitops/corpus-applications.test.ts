import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { corpus, corpusPath } from '../support/corpus.ts';
import { found } from '../support/found.ts';

function filesOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map((entry) => join(entry.parentPath, entry.name)).map((path) => [relative(folder, path), readFileSync(path, 'utf8')]),
  );
}

describe.skipIf(corpus === undefined)('the applications of real repositories', () => {
  it.each([
    [
      'argo-cd-e2e-testdata',
      {
        said: [
          '1 Argo CD Application in self-managed-app',
          '56 folders hold manifests that no definition asks for; `--path always-outofsync` plans one of them',
        ],
        problems: 1,
        planned: 1,
      },
    ],
    [
      'flux2-kustomize-helm-example',
      {
        said: [
          '6 Flux Kustomizations in clusters/production, clusters/staging',
          '6 Flux HelmReleases in apps/base/podinfo, infrastructure/controllers',
        ],
        problems: 0,
        planned: 6,
      },
    ],
    ['kubernetes-examples', { said: ['69 folders of manifests in 69 folders'], problems: 0, planned: 69 }],
    ['microservices-demo', { said: ['6 folders of manifests in 6 folders'], problems: 0, planned: 6 }],
    [
      'onedr0p-home-ops',
      {
        said: ['78 Flux Kustomizations in 65 folders of kubernetes', '69 Flux HelmReleases in 69 folders of kubernetes/apps'],
        problems: 1,
        planned: 78,
      },
    ],
    ['podinfo', { said: ['10 folders of manifests in 10 folders'], problems: 0, planned: 10 }],
  ])('%s', async (name, wanted) => {
    const { said, problems, applications } = await found(filesOf(corpusPath('gitops', name)));
    expect({ said, problems: problems.length, planned: applications.filter(({ elsewhere }) => elsewhere === undefined).length }).toEqual(
      wanted,
    );
    const names = applications.map(({ application }) => `${application.namespace}/${application.name}`);
    expect(new Set(names).size).toBe(names.length);
  });
});
