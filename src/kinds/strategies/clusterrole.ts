import { ClusterRole } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { policyRuleErrors } from '../access/rules.ts';
import { required } from '../field-errors.ts';
import { pathSegment } from '../names.ts';
import { labelSelectorErrors } from '../pod/selectors.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';

export const clusterrole: KindRules<ClusterRole> = {
  kind: ClusterRole,
  complete: true,
  generation: 'none',
  nameRule: pathSegment,
  validate: (object) => [...policyRuleErrors((object as Sent<ClusterRole>).rules ?? [], false), ...aggregationErrors(object)],
};

function aggregationErrors({ aggregationRule }: ClusterRole): FieldError[] {
  if (aggregationRule === undefined) return [];
  const at = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) return [required(at, 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  return selectors.flatMap((selector, index) => labelSelectorErrors(selector, `${at}[${index}]`));
}
