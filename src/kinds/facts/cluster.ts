import { APIService, ComponentStatus, Event, Lease, LimitRange } from '../../api/kinds.generated.ts';
import { ageCell, createdCells } from '../cells.ts';
import { anyKind } from '../rules.ts';
import type { KindFacts } from './index.ts';

export const cluster: readonly KindFacts[] = [
  anyKind<APIService>({
    kind: APIService,
    unconditionalUpdate: false,
    cells: ({ metadata, spec, status }, now) => [
      metadata.name,
      spec.service === undefined ? 'Local' : `${spec.service.namespace ?? ''}/${spec.service.name ?? ''}`,
      availableCell(status),
      ageCell(metadata.creationTimestamp, now),
    ],
  }),
  anyKind<ComponentStatus>({
    kind: ComponentStatus,
    deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
    cells: ({ metadata, conditions }) => {
      const healthy = conditions?.find(({ type }) => type === 'Healthy');
      const status = healthy === undefined ? 'Unknown' : healthy.status === 'True' ? 'Healthy' : 'Unhealthy';
      return [metadata.name, status, healthy?.message ?? '', healthy?.error ?? ''];
    },
  }),
  anyKind<Event>({ kind: Event, createOnUpdate: true }),
  anyKind<Lease>({ kind: Lease, createOnUpdate: true }),
  anyKind<LimitRange>({ kind: LimitRange, createOnUpdate: true, cells: ({ metadata }) => createdCells(metadata) }),
];

function availableCell(status: APIService['status']): string {
  const found = status?.conditions?.find(({ type }) => type === 'Available');
  if (found === undefined) return 'Unknown';
  return found.status === 'True' || (found.reason ?? '') === '' ? found.status : `${found.status} (${found.reason ?? ''})`;
}
