import { Role } from '../../api/kinds.generated.ts';
import { policyRuleErrors } from '../access/rules.ts';
import { pathSegment } from '../names.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';

export const role: KindRules<Role> = {
  kind: Role,
  complete: true,
  generation: 'none',
  nameRule: pathSegment,
  validate: (object) => policyRuleErrors((object as Sent<Role>).rules ?? [], true),
};
