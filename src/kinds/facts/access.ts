import {
  CertificateSigningRequest,
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
  ServiceAccount,
} from '../../api/kinds.generated.ts';
import { formatAge } from '../../base/duration.ts';
import { ageCell, createdCells } from '../cells.ts';
import { anyKind } from '../rules.ts';
import type { KindFacts } from './index.ts';

export const access: readonly KindFacts[] = [
  anyKind<CertificateSigningRequest>({
    kind: CertificateSigningRequest,
    cells: ({ metadata, spec, status }, now) => [
      metadata.name,
      ageCell(metadata.creationTimestamp, now),
      spec.signerName || '<none>',
      spec.username ?? '',
      spec.expirationSeconds === undefined ? '<none>' : formatAge(spec.expirationSeconds * 1000),
      decisionCell(status),
    ],
    selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName },
  }),
  anyKind<ClusterRole>({ kind: ClusterRole, createOnUpdate: true, cells: ({ metadata }) => createdCells(metadata) }),
  anyKind<ClusterRoleBinding>({ kind: ClusterRoleBinding, createOnUpdate: true }),
  anyKind<Role>({ kind: Role, createOnUpdate: true, cells: ({ metadata }) => createdCells(metadata) }),
  anyKind<RoleBinding>({ kind: RoleBinding, createOnUpdate: true }),
  anyKind<ServiceAccount>({ kind: ServiceAccount, unconditionalUpdate: false }),
];

function decisionCell(status: CertificateSigningRequest['status']): string {
  const has = (type: string): boolean => (status?.conditions ?? []).some((condition) => condition.type === type);
  const decided = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return [decided, ...(has('Failed') ? ['Failed'] : []), ...((status?.certificate ?? '') === '' ? [] : ['Issued'])].join(',');
}
