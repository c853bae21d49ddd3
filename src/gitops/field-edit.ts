import { isRecord } from '../base/json.ts';
import { fieldValue, indexOfStep, type FieldPath } from './fields.ts';

/** Sets a field of a value that is the caller's own; does nothing where the way to it is missing. */
export function setField(root: unknown, path: FieldPath, value: unknown): void {
  const parent = fieldValue(root, path.slice(0, -1));
  const step = path.at(-1);
  if (isRecord(parent) && step?.startsWith('f:') === true) parent[step.slice(2)] = value;
}

/**
 * Takes fields out of a value that is the caller's own. A keyed entry goes only when nothing but its keys is left in it;
 * a map that becomes empty goes too, unless it was named.
 */
export function removeFields(root: unknown, paths: readonly FieldPath[]): void {
  const deepestFirst = [...paths].sort((a, b) => b.length - a.length);
  for (const path of deepestFirst) {
    const step = path.at(-1) as string;
    const above = path.slice(0, -1);
    const parent = fieldValue(root, above);
    if (step.startsWith('f:')) {
      if (!isRecord(parent)) continue;
      delete parent[step.slice(2)];
      removeIfEmpty(root, above);
    } else removeEntry(parent, step);
  }
}

function removeEntry(list: unknown, step: string): void {
  const index = indexOfStep(list, step);
  if (index < 0) return;
  const entries = list as unknown[];
  const entry = entries[index];
  const keys = step.startsWith('k:') ? Object.keys(JSON.parse(step.slice(2)) as object) : [];
  if (step.startsWith('k:') && isRecord(entry) && Object.keys(entry).some((name) => !keys.includes(name))) return;
  entries.splice(index, 1);
}

function removeIfEmpty(root: unknown, path: FieldPath): void {
  const step = path.at(-1);
  if (step?.startsWith('f:') !== true) return;
  const value = fieldValue(root, path);
  const parent = fieldValue(root, path.slice(0, -1));
  if (isRecord(parent) && isRecord(value) && Object.keys(value).length === 0) delete parent[step.slice(2)];
}
