import { ControllerRevision, PodTemplate, StatefulSet } from '../../api/kinds.generated.ts';
import { splitApiVersion, type ObjectMeta } from '../../api/object.ts';
import { ageCell, labelsCell, templateCells } from '../cells.ts';
import { anyKind } from '../rules.ts';
import type { KindFacts } from './index.ts';

export const workloads: readonly KindFacts[] = [
  anyKind<ControllerRevision>({
    kind: ControllerRevision,
    cells: ({ metadata, revision }, now) => [metadata.name, controllerCell(metadata), revision, ageCell(metadata.creationTimestamp, now)],
  }),
  anyKind<PodTemplate>({
    kind: PodTemplate,
    cells: ({ metadata, template }) => [
      metadata.name,
      ...templateCells(template?.spec?.containers, undefined).slice(0, 2),
      labelsCell(template?.metadata?.labels),
    ],
  }),
  anyKind<StatefulSet>({
    kind: StatefulSet,
    selectableFields: { 'status.successful': () => '' },
  }),
];

/** `statefulset.apps/web`: who keeps it. */
function controllerCell({ ownerReferences = [] }: ObjectMeta): string {
  const controller = ownerReferences.find((owner) => owner.controller === true);
  if (controller === undefined) return '<none>';
  const { group } = splitApiVersion(controller.apiVersion);
  return `${[controller.kind, group]
    .filter((part) => part !== '')
    .join('.')
    .toLowerCase()}/${controller.name}`;
}
