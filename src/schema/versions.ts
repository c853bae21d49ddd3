import { compare, type Comparison } from './compare.ts';
import type { Schema } from './schema.ts';

/** The versions that an object can be told in. A manager's fields are those of the version that it wrote in. */
export interface Versions {
  /** Undefined when the version is not served any more. */
  schemaOf(apiVersion: string): Schema | undefined;
  /** The object, which is in one of the versions, in another of them. */
  convert(object: object, apiVersion: string): object;
}
/** The version of a request, and the others where there are any. */
export interface OwnVersion {
  readonly schema: Schema;
  readonly apiVersion: string;
  /** Absent: managers of all versions are taken to speak this one. */
  readonly versions: Versions | undefined;
}

/** The schema of a version; undefined when it is not served any more. */
export function schemaIn(own: OwnVersion, apiVersion: string): Schema | undefined {
  return own.versions === undefined || apiVersion === own.apiVersion ? own.schema : own.versions.schemaOf(apiVersion);
}
/** The object in a version that is served; `{}` is nothing in all of them. */
export function inVersion(own: OwnVersion, object: object, apiVersion: string): object {
  if (own.versions === undefined || (object as { apiVersion?: string }).apiVersion === apiVersion || !('kind' in object)) return object;
  return own.versions.convert(object, apiVersion);
}

/** How an object became another, as managers of each version see it; undefined for those of a version that is not served any more. */
export function comparisonIn(own: OwnVersion, before: object, after: object): (apiVersion: string) => Comparison | undefined {
  const known = new Map<string, Comparison | undefined>();
  return (apiVersion) => {
    const version = own.versions === undefined ? own.apiVersion : apiVersion;
    if (known.has(version)) return known.get(version);
    const schema = schemaIn(own, version);
    const found = schema && compare(schema, inVersion(own, before, version), inVersion(own, after, version));
    known.set(version, found);
    return found;
  };
}
