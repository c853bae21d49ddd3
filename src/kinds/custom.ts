import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../api/kinds.generated.ts';
import type { Kind, KubeObject } from '../api/object.ts';
import { isRecord } from '../base/json.ts';
import type { ResolveRef } from '../schema/compile.ts';
import type { PrinterColumn, Schema } from '../schema/schema.ts';
import { customObjectErrors, type ObjectRules } from './definition/object-errors.ts';
import { compileCustom, objectSchema } from './definition/object-schema.ts';
import type { ResourceKind } from './kind.ts';
import { subresourcesOf } from './load.ts';
import { strategyOf, type KindRules } from './rules.ts';

const nameColumn: PrinterColumn = { name: 'Name', type: 'string', format: 'name', jsonPath: '.metadata.name' };
const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/**
 * The kinds that a CustomResourceDefinition brings, one for each served version, in the order of its versions. Versions of an object
 * differ in their apiVersion alone: the only conversion is None. Schemas are compiled at first use.
 */
export function customKinds(definition: Readonly<KubeObject>, resolve?: ResolveRef): ResourceKind[] {
  const { spec } = definition as CustomResourceDefinition;
  return spec.versions.filter((version) => version.served).map((version) => customKind(spec, version, resolve));
}

function customKind(
  spec: CustomResourceDefinition['spec'],
  version: CustomResourceDefinitionVersion,
  resolve: ResolveRef | undefined,
): ResourceKind {
  const { names } = spec;
  const kind: Kind = {
    group: spec.group,
    version: version.name,
    kind: names.kind,
    plural: names.plural,
    namespaced: spec.scope === 'Namespaced',
  };
  const source = objectSchema((version.schema?.openAPIV3Schema ?? { type: 'object' }) as Readonly<Record<string, unknown>>, kind);
  const subresources = subresourcesOf({ ...version.subresources });
  const storageVersion = spec.versions.find(({ storage }) => storage)?.name;
  const deprecation = version.deprecationWarning ?? `${spec.group}/${version.name} ${names.kind} is deprecated`;
  let compiled: Schema | undefined;
  const schema = (): Schema => (compiled ??= compileCustom(source.json, resolve));
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
    subresources,
    custom: true,
    ...(storageVersion !== undefined && { storageVersion }),
    ...(version.deprecated === true && { deprecation }),
    unconditionalUpdate: false,
    strategy: strategyOf(customRules(kind, schema, { ...source, scale: subresources.scale }), schema),
  };
}

function customRules(kind: Kind, schema: () => Schema, rules: ObjectRules): KindRules {
  /** Told after the validation that found them. */
  const warnings = new WeakMap<KubeObject, readonly string[]>();
  return {
    kind,
    validate: (object, old) => {
      const verdict = customObjectErrors(schema(), rules, { object, old });
      if (verdict.warnings.length > 0) warnings.set(object, verdict.warnings);
      return [...verdict.errors];
    },
    warnings: (object) => [...(warnings.get(object) ?? [])],
  };
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
