import { ClusterRoleBinding } from '../../api/kinds.generated.ts';
import { bindingCells, bindingErrors, defaultBinding } from '../access/bindings.ts';
import { ageCell } from '../cells.ts';
import { pathSegment } from '../names.ts';
import type { KindRules } from '../rules.ts';

export const clusterrolebinding: KindRules<ClusterRoleBinding> = {
  kind: ClusterRoleBinding,
  complete: true,
  generation: 'none',
  nameRule: pathSegment,
  defaults: defaultBinding,
  validate: (object, old) => bindingErrors(object, old, false),
  cells: (object, now) => [object.metadata.name, ...bindingCells(object, ageCell(object.metadata.creationTimestamp, now))],
};
