import { Node } from '../../api/kinds.generated.ts';
import { ageCell } from '../cells.ts';
import { nodeErrors } from '../node/validate.ts';
import { nodeWarnings } from '../node/warnings.ts';
import type { KindRules } from '../rules.ts';

export const node: KindRules<Node> = {
  kind: Node,
  complete: true,
  generation: 'none',
  defaults: (object) => {
    object.spec ??= {};
    const { status } = object;
    if (status?.capacity !== undefined) status.allocatable ??= { ...status.capacity };
  },
  validate: (object, old) => nodeErrors(object, old),
  warnings: nodeWarnings,
  cells: (object, now) => {
    const { metadata, status } = object;
    const info = status?.nodeInfo;
    const address = (type: string): string => status?.addresses?.find((one) => one.type === type)?.address ?? '<none>';
    return [
      metadata.name,
      statusCell(object),
      rolesCell(metadata.labels ?? {}),
      ageCell(metadata.creationTimestamp, now),
      info?.kubeletVersion ?? '',
      address('InternalIP'),
      address('ExternalIP'),
      info?.osImage || '<unknown>',
      info?.kernelVersion || '<unknown>',
      info?.containerRuntimeVersion || '<unknown>',
    ];
  },
  selectableFields: { 'spec.unschedulable': ({ spec }) => String(spec.unschedulable ?? false) },
};

function statusCell({ spec, status }: Node): string {
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready');
  const parts = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (spec.unschedulable === true) parts.push('SchedulingDisabled');
  return parts.join(',');
}
/** Roles are labels: `node-role.kubernetes.io/<role>`, or the value of `kubernetes.io/role`. */
function rolesCell(labels: Readonly<Record<string, string>>): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(labels)) {
    if (key.startsWith(prefix) && key.length > prefix.length) roles.add(key.slice(prefix.length));
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value);
  }
  return roles.size === 0 ? '<none>' : [...roles].sort().join(',');
}
