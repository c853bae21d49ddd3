import { Namespace } from '../../api/kinds.generated.ts';
import { ageCell } from '../cells.ts';
import { invalidEach } from '../field-errors.ts';
import { dnsLabel, qualifiedName } from '../names.ts';
import type { KindRules } from '../rules.ts';

const nameLabel = 'kubernetes.io/metadata.name';

export const namespace: KindRules<Namespace> = {
  kind: Namespace,
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
  validate: ({ spec }) =>
    (spec.finalizers ?? []).flatMap((finalizer, index) => invalidEach(`spec.finalizers[${index}]`, finalizer, qualifiedName(finalizer))),
  cells: ({ metadata, status }, now) => [metadata.name, status?.phase ?? '', ageCell(metadata.creationTimestamp, now)],
  selectableFields: { 'status.phase': ({ status }) => status?.phase ?? '', name: ({ metadata }) => metadata.name },
};
