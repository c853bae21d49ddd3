import type { KubeObject, ManagedFieldsEntry } from '../api/object.ts';
import { fieldText, fieldValue, leavesOf } from './fields.ts';
import type { Step } from './plan.ts';
import { fieldManager } from './tracking.ts';

/**
 * One clause about why a step is not what was planned: object, field and who wrote it last.
 * `step` is the step as it would be now; undefined when there is nothing to do any more.
 */
export function differenceText(name: string, step: Step | undefined): string {
  if (step === undefined) return `${name}: there is nothing to change any more`;
  const findings = step.findings ?? [];
  const finding = findings.find((each) => each.writer !== undefined && each.kind !== 'respected') ?? findings.find((each) => each.blocks);
  if (finding !== undefined) return `${name}: ${finding.message}${finding.time === undefined ? '' : ` at ${finding.time}`}`;
  const live = step.inspection?.live ?? step.prune?.live;
  return live === undefined ? `${name} is not there any more` : `${name}: ${lastWriteText(live, step.inspection?.desired.object)}`;
}

/** Who wrote the object last besides us, which of the fields that matter, and when. */
export function lastWriteText(live: KubeObject, manifest: KubeObject | undefined): string {
  const last = (live.metadata.managedFields ?? [])
    .filter((entry) => entry.manager !== fieldManager && entry.manager !== undefined && (entry.subresource ?? '') !== 'status')
    .reduce<ManagedFieldsEntry | undefined>((a, b) => (a === undefined || (b.time ?? '') >= (a.time ?? '') ? b : a), undefined);
  if (last === undefined) return 'it changed since the plan was made';
  const paths = leavesOf((last.fieldsV1 ?? {}) as never).filter((path) => path.at(-1)?.startsWith('f:') === true);
  const ours = paths.filter((path) => manifest !== undefined && fieldValue(manifest, path) !== undefined);
  const fields = (ours.length > 0 ? ours : paths).slice(0, 3).map(fieldText);
  return `${fields.length === 0 ? 'it' : fields.join(', ')} was changed by ${last.manager}${last.time === undefined ? '' : ` at ${last.time}`}`;
}

/** What differs between the steps that were reviewed (digest by object) and those of now; the first few objects. */
export function planDifference(reviewed: Readonly<Record<string, string>>, steps: readonly Step[]): string {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const names = new Set(Object.keys(reviewed));
  for (const step of steps) if (step.action !== 'unchanged' && step.action !== 'skip') names.add(step.name);
  const different = [...names].sort().filter((name) => {
    const step = byName.get(name);
    const now = step === undefined || step.action === 'unchanged' || step.action === 'skip' ? undefined : step.digest;
    return now !== reviewed[name];
  });
  const texts = different.slice(0, 3).map((name) => differenceText(name, byName.get(name)));
  return different.length > 3 ? `${texts.join('; ')}; and ${different.length - 3} more` : texts.join('; ');
}
