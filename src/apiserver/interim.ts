import jsonPatch, { type Operation } from 'fast-json-patch';
import { parse } from 'yaml';
import { badRequest } from '../api/status.ts';
import { clone, isRecord } from '../base/json.ts';
import type { PrinterColumn } from '../schema/schema.ts';

/** Stands in until the schema room's own functions are there. */
export function decodeJson(bytes: Uint8Array): { value: unknown; duplicates: string[] } {
  return { value: JSON.parse(Buffer.from(bytes).toString()), duplicates: [] };
}
export function decodeYaml(bytes: Uint8Array): { value: unknown; duplicates: string[] } {
  return { value: parse(Buffer.from(bytes).toString()) as unknown, duplicates: [] };
}
export function applyPatch(type: string, value: unknown, patch: unknown): unknown {
  if (type.startsWith('application/merge-patch')) return merged(clone(value), patch);
  try {
    return jsonPatch.applyPatch(clone(value), patch as Operation[], true).newDocument;
  } catch (error) {
    throw badRequest(`the patch cannot be applied: ${String(error)}`);
  }
}
function merged(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const out: Record<string, unknown> = isRecord(target) ? target : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = merged(out[key], value);
  }
  return out;
}
export function toTable(columns: readonly PrinterColumn[], objects: readonly unknown[], _now: number): unknown[][] {
  return objects.map((object) =>
    columns.map(
      ({ jsonPath }) =>
        jsonPath
          .split('.')
          .filter(Boolean)
          .reduce<unknown>((at, step) => (isRecord(at) ? at[step] : undefined), object) ?? '<none>',
    ),
  );
}
