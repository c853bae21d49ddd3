import { Pod } from '../../api/kinds.generated.ts';
import { jsonEqual } from '../../base/json.ts';
import { fieldForbidden } from '../field-errors.ts';
import { podCells } from '../pod/cells.ts';
import { defaultPod, defaultPodSpec } from '../pod/defaults.ts';
import { qosClassOf } from '../pod/quality.ts';
import { podSpecErrors } from '../pod/spec.ts';
import { podUpdateErrors } from '../pod/update.ts';
import { podWarnings } from '../pod/warnings.ts';
import type { KindRules } from '../rules.ts';

export const pod: KindRules<Pod> = {
  kind: Pod,
  defaults: (object) => {
    // Without containers it is invalid, which `validate` says; until then nobody may stumble over it.
    object.spec ??= { containers: [] };
    object.spec.containers ??= [];
    defaultPodSpec(object.spec);
    defaultPod(object);
  },
  prepare: (object, old) => {
    if (old !== undefined) return;
    object.status = { phase: 'Pending', qosClass: qosClassOf(object.spec) };
    if ((object.spec.schedulingGates ?? []).length === 0) return;
    const message = 'Scheduling is blocked due to non-empty scheduling gates';
    object.status.conditions = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message }];
  },
  validate: (object, old) => {
    if (old === undefined) {
      const errors = podSpecErrors(object.spec, 'spec');
      if ((object.spec.ephemeralContainers ?? []).length > 0) {
        errors.push(fieldForbidden('spec.ephemeralContainers', 'cannot be set on create'));
      }
      return errors;
    }
    // What was accepted before is not looked at again: most writes of a pod are of its status.
    if (jsonEqual(object.spec, old.spec)) return [];
    return [...podSpecErrors(object.spec, 'spec'), ...podUpdateErrors(object, old)];
  },
  warnings: ({ spec }) => podWarnings(spec, 'spec'),
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
