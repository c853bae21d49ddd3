import { FlowSchema, PriorityLevelConfiguration } from '../../api/kinds.generated.ts';
import { ageCell } from '../cells.ts';
import { anyKind } from '../rules.ts';
import type { KindFacts } from './index.ts';

export const flow: readonly KindFacts[] = [
  anyKind<FlowSchema>({
    kind: FlowSchema,
    cells: ({ metadata, spec, status }, now) => [
      metadata.name,
      spec.priorityLevelConfiguration.name,
      spec.matchingPrecedence ?? 0,
      spec.distinguisherMethod?.type ?? '<none>',
      ageCell(metadata.creationTimestamp, now),
      status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
    ],
  }),
  anyKind<PriorityLevelConfiguration>({
    kind: PriorityLevelConfiguration,
    cells: ({ metadata, spec }, now) => {
      const queuing = spec.limited?.limitResponse?.queuing;
      return [
        metadata.name,
        spec.type,
        spec.limited === undefined ? '<none>' : (spec.limited.nominalConcurrencyShares ?? 0),
        ...(['queues', 'handSize', 'queueLengthLimit'] as const).map((field) => (queuing === undefined ? '<none>' : (queuing[field] ?? 0))),
        ageCell(metadata.creationTimestamp, now),
      ];
    },
  }),
];
