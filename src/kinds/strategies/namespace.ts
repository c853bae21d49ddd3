import { Namespace } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { ageCell } from '../cells.ts';
import { invalidEach, invalidValue } from '../field-errors.ts';
import { dnsLabel, qualifiedName } from '../names.ts';
import type { KindRules } from '../rules.ts';

const nameLabel = 'kubernetes.io/metadata.name';
/** Finalizers that need no group. */
const standardFinalizers = ['kubernetes', 'foregroundDeletion', 'orphan'];

export const namespace: KindRules<Namespace> = {
  kind: Namespace,
  complete: true,
  generation: 'none',
  nameRule: dnsLabel,
  defaults: (object) => {
    object.spec ??= {};
    const { name } = object.metadata;
    if (name) object.metadata.labels = { ...object.metadata.labels, [nameLabel]: name };
  },
  // What holds a namespace back is given up by /finalize alone, which does not come this way.
  prepare: (object, old) => {
    if (old !== undefined) {
      object.spec = { ...object.spec, finalizers: [...(old.spec.finalizers ?? [])] };
      return;
    }
    const others = (object.spec.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
    object.spec.finalizers = [...others, 'kubernetes'];
    object.metadata.labels = { ...object.metadata.labels, [nameLabel]: object.metadata.name };
    object.status = { phase: 'Active' };
  },
  validate: (object, old) => [
    ...(object.spec.finalizers ?? []).flatMap(finalizerErrors),
    ...(old === undefined || object.status === undefined || jsonEqual(object.status, old.status) ? [] : phaseErrors(object)),
  ],
  cells: ({ metadata, status }, now) => [metadata.name, status?.phase ?? '', ageCell(metadata.creationTimestamp, now)],
  selectableFields: { 'status.phase': ({ status }) => status?.phase ?? '', name: ({ metadata }) => metadata.name },
};

function finalizerErrors(finalizer: string): FieldError[] {
  const at = 'spec.finalizers';
  const errors = invalidEach(at, finalizer, qualifiedName(finalizer));
  if (finalizer.includes('/') || standardFinalizers.includes(finalizer)) return errors;
  return [...errors, invalidValue(at, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];
}
function phaseErrors({ metadata, status }: Namespace): FieldError[] {
  const phase = status?.phase ?? '';
  const going = metadata.deletionTimestamp !== undefined;
  if (phase === (going ? 'Terminating' : 'Active')) return [];
  const detail = going
    ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
    : "may only be 'Active' if `deletionTimestamp` is empty";
  return [invalidValue('status.Phase', phase, detail)];
}
