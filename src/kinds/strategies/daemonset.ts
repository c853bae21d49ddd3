import { DaemonSet, type DaemonSetSpec, type DaemonSetUpdateStrategy, type RollingUpdateDaemonSet } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { ageCell, templateCells } from '../cells.ts';
import { immutable, invalidValue, negative, notSupported, required } from '../field-errors.ts';
import { defaultPodSpec } from '../pod/defaults.ts';
import { isEmptySelector, labelSelectorErrors } from '../pod/selectors.ts';
import { templateErrors } from '../pod/spec.ts';
import { templateWarnings } from '../pod/warnings.ts';
import type { KindRules } from '../rules.ts';
import { amountErrors, amountOf, notMoreThanAllErrors } from '../workload/amounts.ts';
import { collisionErrors, negativeErrors } from '../workload/counts.ts';
import { alwaysErrors, matchErrors } from '../workload/pods.ts';

export const daemonset: KindRules<DaemonSet> = {
  kind: DaemonSet,
  complete: true,
  sharesSpec: true,
  defaults: (object) => {
    // Without a spec it is invalid, which `validate` says.
    const spec = (object.spec ??= {} as DaemonSetSpec);
    const strategy = (spec.updateStrategy ??= {});
    strategy.type ||= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      const rolling = (strategy.rollingUpdate ??= {});
      rolling.maxUnavailable ??= 1;
      rolling.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    if (spec.template?.spec !== undefined) defaultPodSpec(spec.template.spec);
  },
  validate: ({ spec, status }, old, subresource) => {
    if (subresource === 'status') return [...negativeErrors({ ...status }, counted), ...collisionErrors({ ...status }, { ...old?.status })];
    if (old !== undefined && jsonEqual(spec, old.spec)) return [];
    const errors = specErrors(spec);
    if (old !== undefined && !jsonEqual(spec.selector, old.spec.selector)) errors.push(immutable('spec.selector', spec.selector ?? null));
    return errors;
  },
  warnings: ({ spec }, old) => (old !== undefined && jsonEqual(spec, old.spec) ? [] : templateWarnings(spec.template)),
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    nodeSelectorCell(spec),
    ageCell(metadata.creationTimestamp, now),
    ...templateCells(spec.template?.spec?.containers, spec.selector),
  ],
};
function nodeSelectorCell({ template }: DaemonSetSpec): string {
  const labels = Object.entries(template?.spec?.nodeSelector ?? {}).map(([key, value]) => `${key}=${value}`);
  return labels.length === 0 ? '<none>' : labels.sort().join(',');
}

const counted = [
  ...['currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady', 'observedGeneration'],
  ...['updatedNumberScheduled', 'numberAvailable', 'numberUnavailable', 'collisionCount'],
];

/** As upstream's ValidateDaemonSetSpec (kubernetes v1.35). A selector that is missing is told by the template's labels alone. */
function specErrors(spec: DaemonSetSpec): FieldError[] {
  const { selector } = spec;
  const broken = labelSelectorErrors(selector, 'spec.selector');
  const errors = [...broken];
  if (broken.length === 0) errors.push(...matchErrors(spec));
  if (selector !== undefined && isEmptySelector(selector)) {
    errors.push(invalidValue('spec.selector', selector, 'empty selector is invalid for daemonset'));
  }
  errors.push(...templateErrors(spec.template ?? {}, 'spec.template'), ...alwaysErrors(spec.template, 'DaemonSet'));
  errors.push(...negative('spec.minReadySeconds', spec.minReadySeconds));
  errors.push(...updateErrors(spec.updateStrategy ?? {}, 'spec.updateStrategy'));
  return [...errors, ...negative('spec.revisionHistoryLimit', spec.revisionHistoryLimit)];
}
function updateErrors(strategy: DaemonSetUpdateStrategy, at: string): FieldError[] {
  if (strategy.type === 'OnDelete') return [];
  if (strategy.type !== 'RollingUpdate') return [notSupported(at, strategy, ['RollingUpdate', 'OnDelete'])];
  if (strategy.rollingUpdate === undefined) return [required(`${at}.rollingUpdate`)];
  return rollingErrors(strategy.rollingUpdate, `${at}.rollingUpdate`);
}
function rollingErrors({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDaemonSet, at: string): FieldError[] {
  const errors = [...amountErrors(`${at}.maxUnavailable`, maxUnavailable), ...amountErrors(`${at}.maxSurge`, maxSurge)];
  errors.push(...notMoreThanAllErrors(`${at}.maxUnavailable`, maxUnavailable), ...notMoreThanAllErrors(`${at}.maxSurge`, maxSurge));
  const [loses, adds] = [amountOf(maxUnavailable) !== 0, amountOf(maxSurge) !== 0];
  if (loses && adds) errors.push(invalidValue(`${at}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  if (!loses && !adds) errors.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  return errors;
}
