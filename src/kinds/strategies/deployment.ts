import { Deployment, type DeploymentSpec, type DeploymentStrategy } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { ageCell, templateCells } from '../cells.ts';
import { fieldForbidden, immutable, invalidValue } from '../field-errors.ts';
import { defaultPodSpec } from '../pod/defaults.ts';
import { workloadErrors } from '../pod/spec.ts';
import { templateWarnings } from '../pod/warnings.ts';
import type { KindRules } from '../rules.ts';

export const deployment: KindRules<Deployment> = {
  kind: Deployment,
  defaults: (object) => {
    // Without a spec it is invalid: the schema says which fields are missing.
    const spec = (object.spec ??= {} as DeploymentSpec);
    const strategy = (spec.strategy ??= {});
    strategy.type ??= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      const rolling = (strategy.rollingUpdate ??= {});
      rolling.maxUnavailable ??= '25%';
      rolling.maxSurge ??= '25%';
    }
    if (spec.template?.spec !== undefined) defaultPodSpec(spec.template.spec);
  },
  validate: ({ spec }, old) => {
    if (old !== undefined && jsonEqual(spec, old.spec)) return [];
    const errors = [...workloadErrors(spec), ...rolloutErrors(spec)];
    if (old !== undefined && !jsonEqual(spec.selector, old.spec.selector)) errors.push(immutable('spec.selector', spec.selector));
    return errors;
  },
  warnings: ({ spec }) => templateWarnings(spec.template),
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    status?.updatedReplicas ?? 0,
    status?.availableReplicas ?? 0,
    ageCell(metadata.creationTimestamp, now),
    ...templateCells(spec.template.spec?.containers, spec.selector),
  ],
};

function rolloutErrors(spec: DeploymentSpec): FieldError[] {
  const errors = spec.strategy === undefined ? [] : strategyErrors(spec.strategy, 'spec.strategy');
  const { progressDeadlineSeconds, minReadySeconds = 0 } = spec;
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds) {
    errors.push(invalidValue('spec.progressDeadlineSeconds', progressDeadlineSeconds, 'must be greater than minReadySeconds'));
  }
  return errors;
}

function strategyErrors(strategy: DeploymentStrategy, path: string): FieldError[] {
  const rolling = strategy.rollingUpdate;
  if (strategy.type === 'Recreate') {
    if (rolling === undefined) return [];
    return [fieldForbidden(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")];
  }
  const at = `${path}.rollingUpdate`;
  const { maxUnavailable = 0, maxSurge = 0 } = rolling ?? {};
  const errors = [...amountErrors(maxUnavailable, `${at}.maxUnavailable`), ...amountErrors(maxSurge, `${at}.maxSurge`)];
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
    errors.push(invalidValue(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  if (typeof maxUnavailable === 'string' && amountOf(maxUnavailable) > 100) {
    errors.push(invalidValue(`${at}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%'));
  }
  return errors;
}
function amountErrors(amount: number | string, at: string): FieldError[] {
  if (typeof amount === 'number') return amount < 0 ? [invalidValue(at, amount, 'must be greater than or equal to 0')] : [];
  if (/^\d+%$/.test(amount)) return [];
  const rule =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  return [invalidValue(at, amount, rule)];
}
/** The number, of pods or of percent. */
const amountOf = (amount: number | string): number => (typeof amount === 'number' ? amount : Number.parseInt(amount, 10));
