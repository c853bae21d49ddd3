import { ServiceAccount } from '../../api/kinds.generated.ts';
import { ageCell } from '../cells.ts';
import type { KindRules } from '../rules.ts';

export const serviceaccount: KindRules<ServiceAccount> = {
  kind: ServiceAccount,
  generation: 'none',
  cells: ({ metadata, secrets = [] }, now) => [metadata.name, secrets.length, ageCell(metadata.creationTimestamp, now)],
};
