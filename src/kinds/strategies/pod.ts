import { Pod } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { fieldForbidden } from '../field-errors.ts';
import { podAnnotationErrors, profileMatchErrors } from '../pod/annotations.ts';
import { podCells } from '../pod/cells.ts';
import { imageErrors } from '../pod/containers.ts';
import { defaultPod, defaultPodSpec, emptyPodSpec } from '../pod/defaults.ts';
import { ephemeralUpdateErrors } from '../pod/ephemeral-update.ts';
import { qosClassOf } from '../pod/quality.ts';
import { resizeErrors } from '../pod/resize.ts';
import { isPodPart, writtenSpec } from '../pod-parts.ts';
import { podSpecErrors } from '../pod/spec.ts';
import { podStatusErrors } from '../pod/status.ts';
import { annotationUpdateErrors, podUpdateErrors } from '../pod/update.ts';
import { podWarnings } from '../pod/warnings.ts';
import type { KindRules } from '../rules.ts';
import { nameWarnings } from '../workload/name-warnings.ts';

export const pod: KindRules<Pod> = {
  kind: Pod,
  complete: true,
  sharesSpec: true,
  defaults: (object) => {
    // Without containers it is invalid, which `validate` says; until then nobody may stumble over it.
    object.spec ??= emptyPodSpec();
    object.spec.containers ??= [];
    defaultPodSpec(object.spec);
    defaultPod(object);
  },
  prepare: (object, old, subresource) => {
    if (old !== undefined) return prepareUpdate(object, old, subresource);
    object.status = { phase: 'Pending', qosClass: qosClassOf(object.spec) };
    if ((object.spec.schedulingGates ?? []).length === 0) return;
    const message = 'Scheduling is blocked due to non-empty scheduling gates';
    object.status.conditions = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message }];
  },
  validate: (object, old, subresource) => {
    if (old === undefined) return createErrors(object);
    if (subresource === 'status') return [...annotationUpdateErrors(object, old), ...podStatusErrors(object, old)];
    if (subresource === 'resize') return resizeErrors(object, old, wholeErrors(object));
    const annotations = annotationUpdateErrors(object, old);
    if (subresource === 'ephemeralcontainers') return ephemeralUpdateErrors(object, old, [...wholeErrors(object), ...annotations]);
    // What was accepted before is not looked at again.
    if (jsonEqual(object.spec, old.spec)) return [...ownAnnotationErrors(object), ...annotations];
    return [...wholeErrors(object), ...annotations, ...podUpdateErrors(object, old)];
  },
  warnings: (object, old) => {
    // Those who change pods are seldom people.
    if (old !== undefined) return [];
    return [...nameWarnings(object.metadata.name, "the Pod's hostname"), ...podWarnings(object)];
  },
  cells: podCells,
  selectableFields: {
    'spec.nodeName': (object) => object.spec.nodeName ?? '',
    'spec.restartPolicy': (object) => object.spec.restartPolicy ?? '',
    'spec.schedulerName': (object) => object.spec.schedulerName ?? '',
    'spec.serviceAccountName': (object) => object.spec.serviceAccountName ?? '',
    'spec.hostNetwork': (object) => String(object.spec.hostNetwork ?? false),
    'status.phase': (object) => object.status?.phase ?? '',
    'status.podIP': (object) => object.status?.podIP ?? '',
    'status.nominatedNodeName': (object) => object.status?.nominatedNodeName ?? '',
  },
};

/** What is told by a write of one part alone changes that part alone. */
function prepareUpdate(object: Pod, old: Pod, subresource: string | undefined): void {
  if (subresource === 'status') {
    // Given when the pod was made, it stays also when whoever reports leaves it out.
    const { qosClass } = old.status ?? {};
    if (object.status !== undefined && qosClass !== undefined) object.status.qosClass ??= qosClass;
  } else if (isPodPart(subresource)) object.spec = writtenSpec(object.spec, old.spec, subresource) ?? object.spec;
}

/** As upstream's ValidatePodCreate (kubernetes v1.35). */
function createErrors(object: Pod): FieldError[] {
  const { spec } = object;
  const errors = wholeErrors(object);
  if ((spec.ephemeralContainers ?? []).length > 0) errors.push(fieldForbidden('spec.ephemeralContainers', 'cannot be set on create'));
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    errors.push(fieldForbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  return [...errors, ...profileMatchErrors(object.metadata.annotations, spec, 'spec')];
}
function ownAnnotationErrors({ metadata, spec }: Pod): FieldError[] {
  return podAnnotationErrors(metadata.annotations, spec, 'metadata.annotations');
}
/** As upstream's validatePodMetadataAndSpec, but for the metadata of all kinds. */
function wholeErrors(object: Pod): FieldError[] {
  const { spec, metadata } = object;
  const errors = [...ownAnnotationErrors(object), ...podSpecErrors(spec, 'spec', { name: metadata.name ?? '' })];
  if (!spec.serviceAccountName) errors.push(...tokenErrors(object));
  errors.push(...imageErrors(spec.containers, 'spec.containers'), ...imageErrors(spec.initContainers, 'spec.initContainers'));
  return errors;
}
/** Nobody's token. */
function tokenErrors({ spec }: Pod): FieldError[] {
  return (spec.volumes ?? []).flatMap(({ projected }, index) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }, number) => {
      const at = `spec.volumes[${index}].projected.sources[${number}].serviceAccountToken`;
      const detail = 'must not be specified when serviceAccountName is not set';
      return serviceAccountToken === undefined ? [] : [fieldForbidden(at, detail)];
    }),
  );
}
