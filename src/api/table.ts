/** Objects as rows (meta.k8s.io/v1, Table): what kubectl and we print. */
export interface Table {
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly kind: 'Table';
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string; readonly remainingItemCount?: number };
  readonly columnDefinitions: readonly TableColumn[];
  readonly rows: readonly TableRow[];
}
export interface TableColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  /** `name` marks the column with the object's name. */
  readonly format: string;
  readonly description: string;
  /** 0 is always shown, more only when wide. */
  readonly priority: number;
}
export interface TableRow {
  /** One per column; null prints as `<none>`. */
  readonly cells: readonly unknown[];
  /** The object, its metadata alone, or nothing, as `includeObject` asks. */
  readonly object?: unknown;
}

/** How to ask for a Table, and for JSON when the server makes none. */
export const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** A cell as people read it. */
export function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '<none>';
  return typeof cell === 'string' ? cell : JSON.stringify(cell);
}
