import type { KubeObject } from '../api/object.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import { toTable } from '../schema/table.ts';
import type { TableRows } from './negotiate.ts';

/** A list or one object as kubectl prints it (meta.k8s.io, Table). */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: string;
  readonly metadata: ListMeta;
  readonly columnDefinitions: readonly unknown[];
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object?: unknown }[];
}
export interface ListMeta {
  readonly resourceVersion?: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** The objects as rows; `now` is what ages are counted to, in milliseconds. */
export function tableOf(
  kind: ResourceKind,
  objects: readonly KubeObject[],
  options: { readonly now: number; readonly version: string; readonly include: TableRows; readonly metadata: ListMeta },
): Table {
  const columnDefinitions = kind.columns.map((column) => ({
    name: column.name,
    type: column.type,
    format: column.format ?? '',
    description: column.description ?? '',
    priority: column.priority ?? 0,
  }));
  const cells = cellsOf(kind, objects, options.now);
  const rows = objects.map((object, index) => {
    const shown = rowObject(object, options.include, options.version);
    return shown === undefined ? { cells: cells[index] ?? [] } : { cells: cells[index] ?? [], object: shown };
  });
  return { kind: 'Table', apiVersion: `meta.k8s.io/${options.version}`, metadata: options.metadata, columnDefinitions, rows };
}

function cellsOf(kind: ResourceKind, objects: readonly KubeObject[], now: number): readonly (readonly unknown[])[] {
  const { strategy } = kind;
  if (strategy?.cells === undefined) return toTable(kind.columns, objects, now);
  return objects.map((object) => strategy.cells?.(object, now) ?? []);
}

function rowObject(object: KubeObject, include: TableRows, version: string): unknown {
  if (include === 'None') return undefined;
  return include === 'Object' ? object : partialOf(object, version);
}

/** The object's metadata alone. */
export function partialOf(object: KubeObject, version: string): unknown {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}
