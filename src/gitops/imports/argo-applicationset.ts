import { isRecord } from '../../base/json.ts';
import type { KubeObject } from '../../api/object.ts';
import type { Definition } from './tree.ts';
import { readArgoApplication } from './argo-application.ts';
import { generate } from './generators.ts';
import { Fields, type Import, type Readable } from './reading.ts';
import { fillIn, type Parameters } from './template.ts';
import type { SourceProblem } from '../renderer.ts';

/** Argo CD's ApplicationSet: one Application for each set of parameters that its generators give. */
export const argoApplicationSet: Import = {
  form: 'ArgoApplicationSet',
  words: ['Argo CD ApplicationSet', 'Argo CD ApplicationSets'],
  kind: 'argoproj.io/ApplicationSet',
  read: async (definition, around) => {
    const fields = new Fields(definition);
    const go = fields.flag(['spec', 'goTemplate']);
    if (fields.at(['spec', 'templatePatch']) !== undefined)
      fields.wrong(['spec', 'templatePatch'], 'templatePatch is not understood: its applications are shown without it');
    const applications: Readable[] = [];
    const problems: SourceProblem[] = [];
    const seen = new Set<string>();
    for (const index of fields.list(['spec', 'generators']).keys()) {
      for (const parameters of (await generate(fields, ['spec', 'generators', index], around, go)) ?? []) {
        const made = applicationOf(definition, parameters, { go, fields });
        if (made === undefined || seen.has(made.object.metadata.name)) continue;
        seen.add(made.object.metadata.name);
        const understood = await readArgoApplication(made, around, 'ArgoApplicationSet');
        applications.push(...understood.applications);
        problems.push(...understood.problems);
      }
    }
    return { applications, problems: [...fields.problems, ...problems] };
  },
};

/** The Application of one set of parameters; what is wrong with it stands in the template. */
function applicationOf(
  definition: Definition,
  parameters: Parameters,
  { go, fields }: { go: boolean; fields: Fields },
): Definition | undefined {
  const { value, problems } = fillIn(fields.record(['spec', 'template']), parameters, go);
  const [problem] = problems;
  if (problem !== undefined) {
    fields.wrong(['spec', 'template'], `the template says ${problem}, which is not understood: an application was passed over`);
    return undefined;
  }
  const { metadata, spec } = isRecord(value) ? value : {};
  const name = isRecord(metadata) ? metadata['name'] : undefined;
  if (typeof name !== 'string' || name === '') {
    fields.wrong(['spec', 'template', 'metadata'], 'the template names no application: metadata.name is missing');
    return undefined;
  }
  const namespace = definition.object.metadata.namespace;
  const object = {
    apiVersion: definition.object.apiVersion,
    kind: 'Application',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec,
  };
  return { ...definition, object: object as KubeObject, place: (path) => definition.place(['spec', 'template', ...path]) };
}
