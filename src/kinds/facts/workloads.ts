import {
  ControllerRevision,
  CronJob,
  DaemonSet,
  PodDisruptionBudget,
  PodTemplate,
  ReplicationController,
  StatefulSet,
} from '../../api/kinds.generated.ts';
import { splitApiVersion, type ObjectMeta } from '../../api/object.ts';
import { ageCell, labelsCell, templateCells } from '../cells.ts';
import { anyKind } from '../rules.ts';
import type { KindFacts } from './index.ts';

export const workloads: readonly KindFacts[] = [
  anyKind<ControllerRevision>({
    kind: ControllerRevision,
    generation: 'none',
    cells: ({ metadata, revision }, now) => [metadata.name, controllerCell(metadata), revision, ageCell(metadata.creationTimestamp, now)],
  }),
  anyKind<CronJob>({
    kind: CronJob,
    cells: ({ metadata, spec, status }, now) => [
      metadata.name,
      spec.schedule,
      spec.timeZone ?? '<none>',
      spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
      status?.active?.length ?? 0,
      status?.lastScheduleTime === undefined ? '<none>' : ageCell(status.lastScheduleTime, now),
      ageCell(metadata.creationTimestamp, now),
      ...templateCells(spec.jobTemplate?.spec?.template?.spec?.containers, spec.jobTemplate?.spec?.selector),
    ],
  }),
  anyKind<DaemonSet>({
    kind: DaemonSet,
    cells: ({ metadata, spec, status }, now) => [
      metadata.name,
      status?.desiredNumberScheduled ?? 0,
      status?.currentNumberScheduled ?? 0,
      status?.numberReady ?? 0,
      status?.updatedNumberScheduled ?? 0,
      status?.numberAvailable ?? 0,
      labelsCell(spec.template.spec?.nodeSelector),
      ageCell(metadata.creationTimestamp, now),
      ...templateCells(spec.template.spec?.containers, spec.selector),
    ],
  }),
  anyKind<PodDisruptionBudget>({
    kind: PodDisruptionBudget,
    unconditionalUpdate: false,
    cells: ({ metadata, spec, status }, now) => [
      metadata.name,
      String(spec.minAvailable ?? 'N/A'),
      String(spec.maxUnavailable ?? 'N/A'),
      status?.disruptionsAllowed ?? 0,
      ageCell(metadata.creationTimestamp, now),
    ],
  }),
  anyKind<PodTemplate>({
    kind: PodTemplate,
    cells: ({ metadata, template }) => [
      metadata.name,
      ...templateCells(template?.spec?.containers, undefined).slice(0, 2),
      labelsCell(template?.metadata?.labels),
    ],
  }),
  anyKind<ReplicationController>({
    kind: ReplicationController,
    cells: ({ metadata, spec, status }, now) => [
      metadata.name,
      spec.replicas ?? 0,
      status?.replicas ?? 0,
      status?.readyReplicas ?? 0,
      ageCell(metadata.creationTimestamp, now),
      ...templateCells(spec.template?.spec?.containers, undefined).slice(0, 2),
      labelsCell(spec.selector),
    ],
    selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  }),
  anyKind<StatefulSet>({
    kind: StatefulSet,
    cells: ({ metadata, spec, status }, now) => [
      metadata.name,
      `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
      ageCell(metadata.creationTimestamp, now),
      ...templateCells(spec.template.spec?.containers, undefined).slice(0, 2),
    ],
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
