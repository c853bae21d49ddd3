import { CSIDriver, type CSIDriverSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { ageCell } from '../cells.ts';
import { duplicate, immutable, invalidValue, notSupported, required } from '../field-errors.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';

const groupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType'];
const modes = ['Persistent', 'Ephemeral'];
const shortestToken = 600;
const longestToken = 2 ** 32;

export const csidriver: KindRules<CSIDriver> = {
  kind: CSIDriver,
  complete: true,
  defaults: (object) => {
    const spec = (object.spec ??= {});
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent'];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  validate: ({ spec }, old) => [...specErrors(spec), ...(old === undefined ? [] : changeErrors(spec, old.spec))],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec.attachRequired ?? true,
    spec.podInfoOnMount ?? false,
    spec.storageCapacity ?? false,
    (spec.tokenRequests ?? []).map(({ audience }) => audience).join(',') || '<unset>',
    spec.requiresRepublish ?? false,
    (spec.volumeLifecycleModes ?? []).join(',') || '<none>',
    ageCell(metadata.creationTimestamp, now),
  ],
};

function specErrors(spec: Sent<CSIDriverSpec>): FieldError[] {
  const errors = [
    ...(spec.attachRequired === undefined ? [required('spec.attachedRequired')] : []),
    ...(spec.podInfoOnMount === undefined ? [required('spec.podInfoOnMount')] : []),
    ...(spec.storageCapacity === undefined ? [required('spec.storageCapacity')] : []),
  ];
  const { fsGroupPolicy: policy, volumeLifecycleModes = [], nodeAllocatableUpdatePeriodSeconds: period } = spec;
  if (policy !== undefined && !groupPolicies.includes(policy)) errors.push(notSupported('spec.fsGroupPolicy', policy, groupPolicies));
  errors.push(...tokenErrors(spec.tokenRequests ?? []));
  for (const mode of volumeLifecycleModes) if (!modes.includes(mode)) errors.push(notSupported('spec.volumeLifecycleModes', mode, modes));
  if (period !== undefined && period < 10) {
    errors.push(invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds'));
  }
  return errors;
}
function tokenErrors(requests: NonNullable<Sent<CSIDriverSpec>['tokenRequests']>): FieldError[] {
  const audiences = new Set<string>();
  return requests.flatMap(({ audience = '', expirationSeconds: seconds }, index) => {
    const at = `spec.tokenRequests[${index}]`;
    if (audiences.has(audience)) return [duplicate(`${at}.audience`, audience)];
    audiences.add(audience);
    if (seconds === undefined) return [];
    const wrong = (detail: string): FieldError[] => [invalidValue(`${at}.expirationSeconds`, seconds, detail)];
    if (seconds < shortestToken) return wrong('may not specify a duration less than 10 minutes');
    return seconds > longestToken ? wrong('may not specify a duration larger than 2^32 seconds') : [];
  });
}
function changeErrors(spec: CSIDriverSpec, old: CSIDriverSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.attachRequired !== old.attachRequired) errors.push(immutable('spec.attachedRequired', spec.attachRequired ?? null));
  if (!jsonEqual(spec.volumeLifecycleModes, old.volumeLifecycleModes)) {
    errors.push(immutable('spec.volumeLifecycleModes', spec.volumeLifecycleModes ?? null));
  }
  return errors;
}
