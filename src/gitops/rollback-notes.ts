import type { KubeObject } from '../api/object.ts';
import { isRecord, valueAt } from '../base/json.ts';
import type { Step } from './plan.ts';
import { isHook } from './predict.ts';

/** What a rollback by these steps does not bring back, or does once more; one clause for each thing, in the order of the steps. Pure. */
export function rollbackNotes(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => noteOf(step) ?? []);
}

const withData: ReadonlySet<string> = new Set(['PersistentVolumeClaim', 'PersistentVolume', 'StatefulSet']);

function noteOf(step: Step): string | undefined {
  const { action, ref, name } = step;
  const live = step.inspection?.live ?? step.prune?.live;
  if (action === 'blocked') return `${name} cannot go back: ${step.why ?? 'it is refused'}`;
  if (action === 'unchanged' || action === 'skip') return undefined;
  if (ref.kind === 'Job') return jobNote(step, live);
  if (ref.kind === 'CustomResourceDefinition') return definitionNote(step, live);
  if (!withData.has(ref.kind) || live === undefined) return undefined;
  return action === 'prune' ? `${name} is deleted, and its data may go with it` : `${name}: the manifest goes back, the data does not`;
}

/** What a Job did stays done. */
function jobNote({ action, name, inspection }: Step, live: KubeObject | undefined): string | undefined {
  const hook = inspection !== undefined && isHook(inspection.desired);
  if (action === 'recreate' || hook) return `${name} runs again`;
  if (action === 'create') return `${name} runs${live === undefined ? ', perhaps not for the first time' : ''}`;
  const began = valueAt(live, ['status', 'startTime']) !== undefined;
  return began ? `${name} has run: what it did is not undone` : undefined;
}

function definitionNote({ action, name, inspection }: Step, live: KubeObject | undefined): string | undefined {
  if (action === 'prune') return `${name} is deleted with all objects of its kind`;
  const gone = versionsOf(live).filter((version) => !versionsOf(inspection?.prediction?.predicted).includes(version));
  return gone.length === 0
    ? undefined
    : `${name}: version ${gone.join(', ')} goes, and objects that were written in it may not be readable`;
}
function versionsOf(definition: KubeObject | undefined): string[] {
  const versions = valueAt(definition, ['spec', 'versions']);
  return Array.isArray(versions) ? versions.filter(isRecord).map((version) => String(version['name'])) : [];
}

/** The sentence of a rollback: where it goes, and what a person must mind. */
export function rollbackText(number: number, commit: string, steps: readonly Step[]): string {
  const notes = rollbackNotes(steps);
  return `rolling back to revision ${number} (${commit})${notes.length === 0 ? '' : `; mind: ${notes.join('; ')}`}`;
}
