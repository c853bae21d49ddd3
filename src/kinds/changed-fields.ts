import { jsonEqual } from '../base/json.ts';

/** A line for each field that differs: `  field: 1 -> 2`. Stands where upstream prints the difference of two Go values. */
export function changedFields(now: Readonly<Record<string, unknown>>, before: Readonly<Record<string, unknown>>): string[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return fields
    .filter((field) => !jsonEqual(now[field], before[field]))
    .map((field) => `  ${field}: ${JSON.stringify(before[field]) ?? 'null'} -> ${JSON.stringify(now[field]) ?? 'null'}`);
}
