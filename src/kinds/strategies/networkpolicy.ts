import { NetworkPolicy } from '../../api/kinds.generated.ts';
import { ageCell, selectorCell } from '../cells.ts';
import { networkPolicyErrors, networkPolicyWarnings } from '../network/policy.ts';
import type { KindRules } from '../rules.ts';

export const networkpolicy: KindRules<NetworkPolicy> = {
  kind: NetworkPolicy,
  complete: true,
  defaults: (object) => {
    const spec = (object.spec ??= { podSelector: {} });
    spec.podSelector ??= {};
    for (const { ports = [] } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of ports) port.protocol ??= 'TCP';
    if ((spec.policyTypes ?? []).length === 0) spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  validate: ({ spec }) => networkPolicyErrors(spec ?? {}),
  warnings: ({ spec }) => networkPolicyWarnings(spec ?? {}),
  cells: ({ metadata, spec }, now) => [metadata.name, selectorCell(spec?.podSelector), ageCell(metadata.creationTimestamp, now)],
};
