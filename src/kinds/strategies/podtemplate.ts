import { PodTemplate } from '../../api/kinds.generated.ts';
import { jsonEqual } from '../../base/json.ts';
import { defaultPodSpec } from '../pod/defaults.ts';
import { templateErrors } from '../pod/spec.ts';
import { templateWarnings } from '../pod/warnings.ts';
import type { KindRules } from '../rules.ts';

export const podtemplate: KindRules<PodTemplate> = {
  kind: PodTemplate,
  complete: true,
  generation: 'spec',
  defaults: ({ template }) => {
    if (template?.spec !== undefined) defaultPodSpec(template.spec);
  },
  validate: ({ template = {} }, old) =>
    old !== undefined && jsonEqual(template, old.template) ? [] : templateErrors(template, 'template'),
  warnings: ({ template }, old) => (old !== undefined && jsonEqual(template, old.template) ? [] : templateWarnings(template, 'template')),
};
