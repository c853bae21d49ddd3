import { CronJob, type CronJobSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { isTimeZone } from '../../base/time-zone.ts';
import { ageCell, templateCells } from '../cells.ts';
import { choiceErrors, invalidValue, negative, notSupported, required } from '../field-errors.ts';
import { scheduleFault } from '../job/schedule.ts';
import { jobSpecErrors } from '../job/spec.ts';
import { defaultPodSpec } from '../pod/defaults.ts';
import { templateWarnings } from '../pod/warnings.ts';
import type { KindRules } from '../rules.ts';
import { nameWarnings } from '../workload/name-warnings.ts';

/** The Jobs' names have eleven characters more. */
const longestName = 52;

export const cronjob: KindRules<CronJob> = {
  kind: CronJob,
  complete: true,
  defaults: (object) => {
    // Without a spec it is invalid, which `validate` says.
    const spec = (object.spec ??= {} as CronJobSpec);
    spec.concurrencyPolicy ||= 'Allow' as NonNullable<CronJobSpec['concurrencyPolicy']>;
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    const template = spec.jobTemplate?.spec?.template;
    if (template?.spec !== undefined) defaultPodSpec(template.spec);
  },
  validate: ({ metadata, spec }, old, subresource) => {
    if (subresource === 'status' || (old !== undefined && jsonEqual(spec, old.spec))) return [];
    const errors = specErrors(spec, old?.spec);
    if (old !== undefined || (metadata.name ?? '').length <= longestName) return errors;
    return [...errors, invalidValue('metadata.name', metadata.name, `must be no more than ${longestName} characters`)];
  },
  warnings: ({ metadata, spec }, old) => {
    const names = old === undefined ? nameWarnings(metadata.name) : [];
    if (old !== undefined && jsonEqual(spec, old.spec)) return names;
    const warnings = [...names, ...templateWarnings(spec.jobTemplate.spec?.template, 'spec.jobTemplate.spec.template')];
    if (!spec.schedule.includes('TZ')) return warnings;
    const link = 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/';
    return [...warnings, `CRON_TZ or TZ used in spec.schedule is not officially supported, see ${link} for more details`];
  },
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.schedule,
    spec.timeZone ?? '<none>',
    spec.suspend === true ? 'True' : 'False',
    (status?.active ?? []).length,
    status?.lastScheduleTime === undefined ? '<none>' : ageCell(status.lastScheduleTime, now),
    ageCell(metadata.creationTimestamp, now),
    ...templateCells(spec.jobTemplate?.spec?.template?.spec?.containers, spec.jobTemplate?.spec?.selector),
  ],
};

/** As upstream's validateCronJobSpec (kubernetes v1.35). */
function specErrors(spec: CronJobSpec, old: CronJobSpec | undefined): FieldError[] {
  const errors = spec.schedule ? scheduleErrors(spec, old) : [required('spec.schedule')];
  errors.push(...negative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds));
  if (old === undefined || old.timeZone !== spec.timeZone) errors.push(...zoneErrors(spec.timeZone, 'spec.timeZone'));
  errors.push(...choiceErrors('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']));
  const at = 'spec.jobTemplate.spec';
  const job = spec.jobTemplate?.spec ?? { template: {} };
  errors.push(...jobSpecErrors(job, at));
  if (job.selector !== undefined) errors.push(invalidValue(`${at}.selector`, job.selector, '`selector` will be auto-generated'));
  if (job.manualSelector === true) errors.push(notSupported(`${at}.manualSelector`, true, ['nil', 'false']));
  errors.push(...negative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit));
  return [...errors, ...negative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit)];
}
function scheduleErrors({ schedule, timeZone }: CronJobSpec, old: CronJobSpec | undefined): FieldError[] {
  const fault = scheduleFault(schedule);
  const errors = fault === undefined ? [] : [invalidValue('spec.schedule', schedule, fault)];
  if (!schedule.includes('TZ')) return errors;
  const allowed = old?.schedule.includes('TZ') === true;
  if (!allowed) {
    return [...errors, invalidValue('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')];
  }
  if (timeZone === undefined) return errors;
  return [...errors, invalidValue('spec.schedule', schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule')];
}
function zoneErrors(zone: string | undefined, at: string): FieldError[] {
  if (zone === undefined) return [];
  if (zone === '') return [invalidValue(at, zone, 'timeZone must be nil or non-empty string')];
  const unknown = [invalidValue(at, zone, `unknown time zone ${zone}`)];
  if (!zone.split('/').every((part) => part !== '.' && part !== '..' && /^(?!-)[A-Za-z.\-_0-9+]{1,14}$/.test(part))) return unknown;
  if (zone.toLowerCase() === 'local') {
    const rule = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    return [invalidValue(at, zone, rule), ...(zone === 'Local' ? [] : unknown)];
  }
  return isTimeZone(zone) ? [] : unknown;
}
