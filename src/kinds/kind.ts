import type { Kind, KubeObject } from '../api/object.ts';
import type { FieldError } from '../api/status.ts';
import type { PrinterColumn, Schema } from '../schema/schema.ts';

/** All the API server knows of one served kind. */
export interface ResourceKind {
  readonly kind: Kind;
  readonly singular: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Never stored: each answer is made when it is asked for, by a handler of the API server. These are all its verbs. */
  readonly computed?: { readonly verbs: readonly string[] };
  /** Compiled at first use. */
  readonly schema: Schema;
  /** All of them, Name included, as kubectl prints them. */
  readonly columns: readonly PrinterColumn[];
  /** JSONPaths of fields that a field selector may name, beside metadata.name and metadata.namespace; key as selectors write it. */
  readonly selectableFields: Readonly<Record<string, (object: KubeObject) => string>>;
  readonly subresources: {
    readonly status?: true;
    readonly scale?: { readonly specReplicas: string; readonly statusReplicas: string; readonly selector?: string };
    /** Further ones, routed by name to apiserver/subresources: log, binding, eviction, finalize ... */
    readonly others?: readonly string[];
  };
  /** From a CustomResourceDefinition: strategic merge patch is refused, unknown fields are dropped by its schema. */
  readonly custom: boolean;
  /** The version that a custom kind's objects are stored in; they differ from others in their apiVersion alone. */
  readonly storageVersion?: string;
  /** Told with every answer: the version is deprecated. */
  readonly deprecation?: string;
  /** Does a PUT without resourceVersion overwrite? */
  readonly unconditionalUpdate: boolean;
  /** Does a PUT of what is not there make it? */
  readonly createOnUpdate?: true;
  readonly strategy?: Strategy;
  /** Objects lie in the store in another version than this one. */
  readonly conversion?: Conversion;
}
/** How a version of a kind is told from the one that is stored. Both ways are pure and change neither argument. */
export interface Conversion<Own extends KubeObject = KubeObject, Stored extends KubeObject = KubeObject> {
  readonly kind: Kind<Own>;
  readonly stored: Kind<Stored>;
  fromStored(object: Readonly<Stored>): Own;
  toStored(object: Readonly<Own>): Stored;
  /** Cells, field selectors and rules are those of the stored version; what this one asks beyond its rules. */
  validate?(object: Stored, old: Stored | undefined): FieldError[];
  /** Fields that the rules of the stored version tell of by another name than upstream does for this one. */
  readonly toldFields?: Readonly<Record<string, string>>;
  /** By the names of this version, read from the stored one. Default: as the stored version's. */
  readonly selectableFields?: Readonly<Record<string, (object: Stored) => string>>;
}
/** Forgets which kinds the conversion is between, so that several fit in one list: each is only ever called with its own. */
export function anyConversion<Own extends KubeObject, Stored extends KubeObject>(conversion: Conversion<Own, Stored>): Conversion {
  return conversion as unknown as Conversion;
}
/**
 * What a schema cannot say. Optional, synchronous, no I/O. `old` is undefined on create. `validate` and `warnings` are called
 * only with objects that the schema has accepted, `warnings` only with valid ones; none changes anything but the object it is handed.
 */
export interface Strategy<T extends KubeObject = KubeObject> {
  readonly kind: Kind<T>;
  /** The rules say themselves what is required, allowed and unique: of the schema only types and formats count. They bear that any field is missing. */
  readonly complete?: true;
  /** Defaults that depend on other fields: imagePullPolicy on the tag, requests on limits, targetPort on port. */
  defaults?(object: T): void;
  prepare?(object: T, old: T | undefined, subresource?: string): void;
  /** `subresource` is what was written to: `status`; '' for the object itself. */
  validate?(object: T, old: T | undefined, subresource?: string): FieldError[];
  warnings?(object: T, old?: T): string[];
  /** Cells of the server-side table where JSONPath cannot say them (READY 1/1, AGE): overrides `columns` one for one. */
  cells?(object: T, now: number): readonly unknown[];
  /** Neither defaults nor preparation have to do with what is wanted when the status is written: a write of it shares all else with `old`. */
  readonly sharesSpec?: true;
  /** Does a change of the main resource raise metadata.generation? Default: when anything but metadata and status changes. */
  readonly generation?: 'spec' | 'none';
}
export interface KindRegistry {
  find(group: string, version: string, plural: string): ResourceKind | undefined;
  /** By what a manifest says. */
  findKind(group: string, version: string, kind: string): ResourceKind | undefined;
  all(): readonly ResourceKind[];
  /** Serves a kind from now on. A CustomResourceDefinition comes in by this door too. */
  add(kind: ResourceKind): void;
  remove(kind: Kind): void;
  /** Rises with every add and remove: discovery and OpenAPI are cached by it. */
  readonly generation: number;
}
