import { RE2JS } from 're2js';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../api/kinds.generated.ts';
import type { Kind, KubeObject } from '../api/object.ts';
import type { FieldError } from '../api/status.ts';
import { isRecord } from '../base/json.ts';
import { compileSchema, type ResolveRef } from '../schema/compile.ts';
import type { PrinterColumn, Schema } from '../schema/schema.ts';
import { invalidValue } from './field-errors.ts';
import type { ResourceKind } from './kind.ts';
import { schemaResolver, subresourcesOf } from './load.ts';
import { strategyOf } from './rules.ts';

const nameColumn: PrinterColumn = { name: 'Name', type: 'string', format: 'name', jsonPath: '.metadata.name' };
const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/**
 * The kinds that a CustomResourceDefinition brings, one for each served version, in the order of its versions. Objects are stored
 * as they were written: the only conversion is None. Schemas are compiled at first use.
 */
export function customKinds(definition: Readonly<KubeObject>, resolve: ResolveRef = schemaResolver()): ResourceKind[] {
  const { spec } = definition as CustomResourceDefinition;
  return spec.versions.filter((version) => version.served).map((version) => customKind(spec, version, resolve));
}

function customKind(spec: CustomResourceDefinition['spec'], version: CustomResourceDefinitionVersion, resolve: ResolveRef): ResourceKind {
  const { names } = spec;
  const kind: Kind = {
    group: spec.group,
    version: version.name,
    kind: names.kind,
    plural: names.plural,
    namespaced: spec.scope === 'Namespaced',
  };
  const source = objectSchema((version.schema?.openAPIV3Schema ?? { type: 'object' }) as Readonly<Record<string, unknown>>, kind);
  let compiled: Schema | undefined;
  const schema = (): Schema => (compiled ??= compileSchema({ path: '', json: source.json }, resolve, { custom: true }));
  return {
    kind,
    singular: names.singular ?? names.kind.toLowerCase(),
    listKind: names.listKind ?? `${names.kind}List`,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    get schema() {
      return schema();
    },
    columns: [nameColumn, ...columnsOf(version)],
    selectableFields: Object.fromEntries(
      (version.selectableFields ?? []).map(({ jsonPath }) => [jsonPath.slice(1), fieldReader(jsonPath)]),
    ),
    subresources: subresourcesOf({ ...version.subresources }),
    custom: true,
    unconditionalUpdate: false,
    strategy: strategyOf({ kind, validate: (object) => nameErrors(object, source.name) }, schema),
  };
}

/** The user's schema with what every object has. A rule about metadata.name is kept aside, since metadata has its own schema. */
function objectSchema(user: Readonly<Record<string, unknown>>, kind: Kind): { json: Readonly<Record<string, unknown>>; name: NameLimits } {
  const properties = isRecord(user['properties']) ? user['properties'] : {};
  const metadata = isRecord(properties['metadata']) ? properties['metadata'] : {};
  const fields = isRecord(metadata['properties']) ? metadata['properties'] : {};
  const json = {
    ...user,
    type: 'object',
    'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
    properties: { ...properties, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { $ref: 'meta/v1/objectmeta.json' } },
  };
  return { json, name: (fields['name'] ?? {}) as NameLimits };
}

interface NameLimits {
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}
function nameErrors({ metadata: { name } }: KubeObject, limits: NameLimits): FieldError[] {
  const at = 'metadata.name';
  const errors: FieldError[] = [];
  if (limits.maxLength !== undefined && name.length > limits.maxLength) {
    errors.push(invalidValue(at, name, `${at} in body should be at most ${limits.maxLength} chars long`));
  }
  if (limits.minLength !== undefined && name.length < limits.minLength) {
    errors.push(invalidValue(at, name, `${at} in body should be at least ${limits.minLength} chars long`));
  }
  if (limits.pattern !== undefined && !RE2JS.compile(limits.pattern).matcher(name).find()) {
    errors.push(invalidValue(at, name, `${at} in body should match '${limits.pattern}'`));
  }
  return errors;
}

function columnsOf(version: CustomResourceDefinitionVersion): readonly PrinterColumn[] {
  const own = version.additionalPrinterColumns ?? [];
  return own.length === 0 ? [ageColumn] : own.map((column) => ({ ...column, type: column.type as PrinterColumn['type'] }));
}

/** Reads a field by a simple path such as `.spec.color`; absent is ''. */
function fieldReader(jsonPath: string): (object: KubeObject) => string {
  const steps = jsonPath.slice(1).split('.');
  return (object) => {
    let value: unknown = object;
    for (const step of steps) value = isRecord(value) ? value[step] : undefined;
    return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
  };
}
