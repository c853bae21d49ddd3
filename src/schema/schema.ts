/** A schema from schemas/, compiled once: $refs resolved, x-kubernetes-* marks as plain fields. */
export interface Schema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'int-or-string' | 'any';
  /** JSON Schema's format: date-time, byte, int32, int64, double; ours: quantity, micro-time. */
  readonly format?: string;
  readonly description?: string;
  readonly properties: ReadonlyMap<string, Schema>;
  readonly required: readonly string[];
  readonly additional?: Schema;
  readonly items?: Schema;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly nullable?: true;
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
  readonly mapType?: 'atomic' | 'granular';
  readonly patchMergeKey?: string;
  readonly patchStrategy?: readonly string[];
  readonly preserveUnknown?: true;
  readonly embeddedResource?: true;
  /** From a CustomResourceDefinition: patterns are users' and messages read as for custom resources. */
  readonly custom?: true;
  /** Its file below schemas/, `core/v1/podspec.json`, when it is the definition that the file holds. */
  readonly path?: string;
  /** The definition that this is, apart from what stood beside its $ref. */
  readonly definition?: Schema;
  /** The JSON Schema it came from, for Ajv and OpenAPI. */
  readonly source: Readonly<Record<string, unknown>>;
}
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly jsonPath: string;
  readonly priority?: number;
  readonly format?: string;
  readonly description?: string;
}
