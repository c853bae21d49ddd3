import { renderSettingsOf } from '../render-settings.ts';
import { Fields, isPinned, sameAddress, type Import, type Readable } from './reading.ts';
import { pathFrom } from './tree.ts';

/** Our own Application. */
export const steersmanApplication: Import = {
  form: 'Application',
  words: ['Steersman Application', 'Steersman Applications'],
  kind: 'steersman.dev/Application',
  read: (definition, around) => {
    const fields = new Fields(definition);
    const { metadata } = definition.object;
    const namespace = metadata.namespace ?? 'default';
    const [repo, revision, written] = ['repo', 'revision', 'path'].map((name) => fields.text(['spec', 'source', name])) as [
      string,
      string,
      string,
    ];
    const path = pathFrom('', written);
    const { settings: render, problems } = renderSettingsOf(fields.record(['spec', 'renderer']));
    for (const problem of problems) fields.wrong(['spec', 'renderer'], problem);
    const elsewhere = whereElse({ repo, revision, path, written }, around);
    const into = fields.text(['spec', 'namespace']);
    const application: Readable = {
      application: { namespace, name: metadata.name },
      form: 'Application',
      origin: definition.origin,
      path: path ?? '',
      namespace: into === '' ? 'default' : into,
      cluster: [around.home, fields.text(['spec', 'destination', 'context'])].filter((part) => part !== '').join(' '),
      render,
      recurse: true,
      prune: fields.flag(['spec', 'sync', 'prune'], true),
      suspended: fields.flag(['spec', 'suspend']),
      dependsOn: fields.texts(['spec', 'dependsOn']).map((name) => ({ namespace, name })),
      ...(elsewhere === undefined ? {} : { elsewhere }),
    };
    return { applications: [application], problems: fields.problems };
  },
};

function whereElse(
  source: { repo: string; revision: string; path: string | undefined; written: string },
  { own, tree }: Parameters<Import['read']>[1],
): string | undefined {
  const { repo, revision, path, written } = source;
  if (!own.known.has(sameAddress(repo))) return `its source is another repository: ${repo}`;
  if (isPinned(revision)) return `it is held at ${revision}, so a merge does not change it until that moves`;
  if (path === undefined || !(tree.folders.has(path) || tree.files.has(path)))
    return `there is no folder ${JSON.stringify(written)} in this repository`;
  return undefined;
}
