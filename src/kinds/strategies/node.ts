import { Node } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell } from '../cells.ts';
import { duplicate, fieldForbidden, invalidEach, required } from '../field-errors.ts';
import { labelValue, qualifiedName } from '../names.ts';
import type { KindRules } from '../rules.ts';

export const node: KindRules<Node> = {
  kind: Node,
  generation: 'none',
  defaults: (object) => {
    object.spec ??= {};
    const { status } = object;
    if (status?.capacity !== undefined) status.allocatable ??= { ...status.capacity };
  },
  validate: (object, old) => {
    const errors = taintErrors(object);
    const before = old?.spec.providerID;
    if (before && object.spec.providerID !== before) {
      errors.push(fieldForbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
    }
    return errors;
  },
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

function taintErrors({ spec }: Node): FieldError[] {
  const seen = new Set<string>();
  return (spec.taints ?? []).flatMap((taint, index) => {
    const at = `spec.taints[${index}]`;
    const errors = taint.key === '' ? [required(`${at}.key`)] : invalidEach(`${at}.key`, taint.key, qualifiedName(taint.key));
    errors.push(...invalidEach(`${at}.value`, taint.value ?? '', labelValue(taint.value ?? '')));
    const same = `${taint.effect}/${taint.key}`;
    if (seen.has(same)) errors.push(duplicate(at, { ...taint, detail: 'taints must be unique by key and effect pair' }));
    seen.add(same);
    return errors;
  });
}
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
