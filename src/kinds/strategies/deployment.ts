import { Deployment, type DeploymentSpec, type DeploymentStrategy } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { ageCell, templateCells } from '../cells.ts';
import { fieldForbidden, immutable, invalidValue, negative, notSupported } from '../field-errors.ts';
import { defaultPodSpec } from '../pod/defaults.ts';
import { templateWarnings } from '../pod/warnings.ts';
import type { KindRules } from '../rules.ts';
import { nameWarnings } from '../workload/name-warnings.ts';
import { amountErrors, amountOf, notMoreThanAllErrors } from '../workload/amounts.ts';
import { collisionErrors, excessErrors, negativeErrors, type Counts } from '../workload/counts.ts';
import { replicatedPodsErrors } from '../workload/pods.ts';

export const deployment: KindRules<Deployment> = {
  kind: Deployment,
  complete: true,
  sharesSpec: true,
  defaults: (object) => {
    // Without a spec it is invalid, which `validate` says.
    const spec = (object.spec ??= {} as DeploymentSpec);
    const strategy = (spec.strategy ??= {});
    strategy.type ||= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      const rolling = (strategy.rollingUpdate ??= {});
      rolling.maxUnavailable ??= '25%';
      rolling.maxSurge ??= '25%';
    }
    if (spec.template?.spec !== undefined) defaultPodSpec(spec.template.spec);
  },
  validate: ({ spec, status }, old, subresource) => {
    if (subresource === 'status') return statusErrors({ ...status }, { ...old?.status });
    if (old !== undefined && jsonEqual(spec, old.spec)) return [];
    const errors = specErrors(spec);
    if (old !== undefined && !jsonEqual(spec.selector, old.spec.selector)) errors.push(immutable('spec.selector', spec.selector ?? null));
    return errors;
  },
  warnings: ({ metadata, spec }, old) => {
    const names = old === undefined ? nameWarnings(metadata.name) : [];
    return old !== undefined && jsonEqual(spec, old.spec) ? names : [...names, ...templateWarnings(spec.template)];
  },
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    status?.updatedReplicas ?? 0,
    status?.availableReplicas ?? 0,
    ageCell(metadata.creationTimestamp, now),
    ...templateCells(spec.template?.spec?.containers, spec.selector),
  ],
};

/** As upstream's ValidateDeploymentSpec (kubernetes v1.35). */
function specErrors(spec: DeploymentSpec): FieldError[] {
  const errors = [...negative('spec.replicas', spec.replicas), ...replicatedPodsErrors(spec)];
  errors.push(...strategyErrors(spec.strategy ?? {}, 'spec.strategy'));
  errors.push(
    ...negative('spec.minReadySeconds', spec.minReadySeconds),
    ...negative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  );
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  if (deadline === undefined) return errors;
  errors.push(...negative('spec.progressDeadlineSeconds', deadline));
  if (deadline > minReadySeconds) return errors;
  return [...errors, invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')];
}

function strategyErrors(strategy: DeploymentStrategy, path: string): FieldError[] {
  const { type, rollingUpdate: rolling } = strategy;
  if (type === 'Recreate') {
    if (rolling === undefined) return [];
    return [fieldForbidden(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (type !== 'RollingUpdate') return [notSupported(path, strategy, ['Recreate', 'RollingUpdate'])];
  const at = `${path}.rollingUpdate`;
  const { maxUnavailable = 0, maxSurge = 0 } = rolling ?? {};
  const errors = [...amountErrors(`${at}.maxUnavailable`, maxUnavailable), ...amountErrors(`${at}.maxSurge`, maxSurge)];
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
    errors.push(invalidValue(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  return [...errors, ...notMoreThanAllErrors(`${at}.maxUnavailable`, maxUnavailable)];
}

const counted = ['observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas'];
function statusErrors(status: Counts, old: Counts): FieldError[] {
  const errors = negativeErrors(status, [...counted, 'collisionCount']);
  errors.push(...excessErrors(status, ['updatedReplicas', 'readyReplicas', 'availableReplicas']));
  return [...errors, ...collisionErrors(status, old)];
}
