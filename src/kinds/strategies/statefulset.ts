import {
  StatefulSet,
  type PersistentVolumeClaim,
  type StatefulSetSpec,
  type StatefulSetUpdateStrategy,
} from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { clone, jsonEqual } from '../../base/json.ts';
import { ageCell, templateCells } from '../cells.ts';
import { fieldForbidden, invalidEach, invalidValue, negative, notSupported, required } from '../field-errors.ts';
import { dnsLabel } from '../names.ts';
import { defaultPodSpec } from '../pod/defaults.ts';
import { labelSelectorErrors } from '../pod/selectors.ts';
import { templateErrors } from '../pod/spec.ts';
import { claimWarnings } from '../pod/volume-warnings.ts';
import { templateWarnings } from '../pod/warnings.ts';
import type { KindRules } from '../rules.ts';
import { amountErrors, amountOf, notMoreThanAllErrors } from '../workload/amounts.ts';
import { collisionErrors, excessErrors, negativeErrors, type Counts } from '../workload/counts.ts';
import { alwaysErrors, matchErrors, selectorErrors } from '../workload/pods.ts';

export const statefulset: KindRules<StatefulSet> = {
  kind: StatefulSet,
  complete: true,
  sharesSpec: true,
  nameRule: dnsLabel,
  defaults: (object) => {
    // Without a spec it is invalid, which `validate` says.
    const spec = (object.spec ??= {} as StatefulSetSpec);
    spec.podManagementPolicy ||= 'OrderedReady';
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    defaultUpdate((spec.updateStrategy ??= {}));
    const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
    retention.whenDeleted ||= 'Retain';
    retention.whenScaled ||= 'Retain';
    for (const claim of spec.volumeClaimTemplates ?? []) defaultClaim(claim);
    if (spec.template?.spec !== undefined) defaultPodSpec(spec.template.spec);
  },
  validate: ({ spec, status }, old, subresource) => {
    if (subresource === 'status') return statusErrors({ ...status }, { ...old?.status });
    if (old !== undefined && jsonEqual(spec, old.spec)) return [];
    if (old === undefined) return specErrors(spec, { first: true, withPods: true });
    const errors = specErrors(spec, { first: false, withPods: specErrors(old.spec, { first: false, withPods: true }).length === 0 });
    return jsonEqual(fixedPart(spec), fixedPart(old.spec)) ? errors : [...errors, fieldForbidden('spec', fixedText)];
  },
  warnings: ({ spec }, old) => {
    if (old !== undefined && jsonEqual(spec, old.spec)) return [];
    const claims = (spec.volumeClaimTemplates ?? []).flatMap((claim, index) =>
      claimWarnings(claim.spec, `spec.volumeClaimTemplates[${index}].spec`),
    );
    const negativeLimit = (spec.revisionHistoryLimit ?? 0) < 0;
    const limitText = 'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended';
    return [...templateWarnings(spec.template), ...claims, ...(negativeLimit ? [limitText] : [])];
  },
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    ageCell(metadata.creationTimestamp, now),
    ...templateCells(spec.template?.spec?.containers, spec.selector).slice(0, 2),
  ],
};

function defaultClaim(claim: PersistentVolumeClaim): void {
  claim.apiVersion ||= 'v1';
  claim.kind ||= 'PersistentVolumeClaim';
  (claim.spec ??= {}).volumeMode ??= 'Filesystem';
  (claim.status ??= {}).phase ||= 'Pending';
}
function defaultUpdate(strategy: StatefulSetUpdateStrategy): void {
  strategy.type ||= 'RollingUpdate';
  if (strategy.type !== 'RollingUpdate') return;
  const rolling = (strategy.rollingUpdate ??= {});
  rolling.partition ??= 0;
  rolling.maxUnavailable ??= 1;
}

const fixedText =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
function fixedPart(spec: StatefulSetSpec): unknown {
  const { replicas: _r, ordinals: _o, template: _t, updateStrategy: _u, revisionHistoryLimit: _h, minReadySeconds: _m, ...rest } = spec;
  const { persistentVolumeClaimRetentionPolicy: _p, ...fixed } = rest;
  return fixed;
}

/** As upstream's ValidateStatefulSetSpec (kubernetes v1.35). `first`: it is made; `withPods`: its pods are looked at. */
function specErrors(spec: StatefulSetSpec, how: { first: boolean; withPods: boolean }): FieldError[] {
  const { podManagementPolicy: policy, selector, serviceName } = spec;
  const errors: FieldError[] = [];
  if (!policy) errors.push(required('spec.podManagementPolicy'));
  else if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    errors.push(invalidValue('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'"));
  }
  errors.push(...updateErrors(spec.updateStrategy ?? {}, 'spec.updateStrategy'), ...retentionErrors(spec));
  errors.push(...negative('spec.replicas', spec.replicas), ...negative('spec.minReadySeconds', spec.minReadySeconds));
  errors.push(...negative('spec.ordinals.start', spec.ordinals?.start));
  if (how.first && serviceName) errors.push(...invalidEach('spec.serviceName', serviceName, dnsLabel(serviceName)));
  errors.push(...selectorErrors(selector, 'statefulset'));
  if (selector !== undefined && labelSelectorErrors(selector, '').length > 0) errors.push(invalidValue('spec.selector', selector, ''));
  else {
    errors.push(...(Object.keys(selector ?? { none: true }).length > 0 ? matchErrors(spec) : []));
    if (how.withPods) errors.push(...templateErrors(withClaims(spec), 'spec.template'));
  }
  return [...errors, ...alwaysErrors(spec.template, 'StatefulSet')];
}
/** Pods mount their claims as if they were volumes of the template. */
function withClaims({ template, volumeClaimTemplates = [] }: StatefulSetSpec): StatefulSetSpec['template'] {
  if (template?.spec === undefined || volumeClaimTemplates.length === 0) return template ?? {};
  const copy = clone(template) as StatefulSetSpec['template'];
  const names = new Set(volumeClaimTemplates.map(({ metadata }) => metadata.name));
  const claims = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const volumes = (copy.spec?.volumes ?? []).filter(({ name }) => !names.has(name));
  return { ...copy, spec: { ...(copy.spec as NonNullable<typeof copy.spec>), volumes: [...volumes, ...claims] } };
}
function updateErrors(strategy: StatefulSetUpdateStrategy, at: string): FieldError[] {
  const { type, rollingUpdate: rolling } = strategy;
  if (!type) return [required(at)];
  if (type === 'OnDelete') {
    return rolling === undefined ? [] : [invalidValue(`${at}.rollingUpdate`, rolling, "only allowed for updateStrategy 'RollingUpdate'")];
  }
  if (type !== 'RollingUpdate') return [invalidValue(at, strategy, "must be 'RollingUpdate' or 'OnDelete'")];
  const errors = negative(`${at}.rollingUpdate.partition`, rolling?.partition);
  const most = rolling?.maxUnavailable;
  if (most === undefined) return errors;
  const mostAt = `${at}.rollingUpdate.maxUnavailable`;
  errors.push(...amountErrors(mostAt, most));
  if (amountOf(most) === 0) errors.push(invalidValue(mostAt, most, 'cannot be 0'));
  return [...errors, ...notMoreThanAllErrors(mostAt, most)];
}
function retentionErrors(spec: StatefulSetSpec): FieldError[] {
  return (['whenDeleted', 'whenScaled'] as const).flatMap((field) => {
    const policy: string | undefined = spec.persistentVolumeClaimRetentionPolicy?.[field];
    if (policy === undefined || policy === 'Retain' || policy === 'Delete') return [];
    return [notSupported(`spec.persistentVolumeClaimRetentionPolicy.${field}`, policy, ['Retain', 'Delete'])];
  });
}

const counted = ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas', 'observedGeneration'];
function statusErrors(status: Counts, old: Counts): FieldError[] {
  const fields = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'];
  return [
    ...negativeErrors(status, [...counted, 'collisionCount']),
    ...excessErrors(status, fields, 'cannot be greater than status.readyReplicas'),
    ...collisionErrors(status, old),
  ];
}
