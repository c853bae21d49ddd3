import {
  CustomResourceDefinition,
  type CustomResourceDefinitionNames,
  type CustomResourceDefinitionSpec,
  type CustomResourceDefinitionVersion,
} from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { duplicate, immutable, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { dnsServiceLabel, dnsSubdomain } from '../names.ts';
import { unevaluatedRules, usableErrors } from '../definition-schema.ts';
import type { KindRules } from '../rules.ts';
import { structuralErrors } from '../structural.ts';

const approval = 'api-approved.kubernetes.io';

export const customresourcedefinition: KindRules<CustomResourceDefinition> = {
  kind: CustomResourceDefinition,
  unconditionalUpdate: false,
  defaults: ({ spec }) => {
    if (spec?.names === undefined) return;
    spec.names.singular ||= (spec.names.kind ?? '').toLowerCase();
    spec.names.listKind ||= `${spec.names.kind ?? ''}List`;
    spec.conversion ??= { strategy: 'None' };
  },
  prepare: (object) => {
    const stored = (object.spec?.versions ?? []).filter((version) => version.storage).map((version) => version.name);
    const known = object.status?.storedVersions ?? [];
    const added = stored.filter((version) => !known.includes(version));
    if (added.length > 0) object.status = { ...object.status, storedVersions: [...known, ...added] };
  },
  validate: (object, old) => {
    const { spec, metadata } = object;
    const errors: FieldError[] = [];
    if (metadata.name !== `${spec.names.plural}.${spec.group}`) {
      errors.push(invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
    }
    errors.push(...groupErrors(object), ...namesErrors(spec.names), ...versionsErrors(spec));
    if (spec.conversion?.strategy === 'Webhook') errors.push(notSupported('spec.conversion.strategy', 'Webhook', ['None']));
    if (old !== undefined) errors.push(...updateErrors(object, old));
    return errors;
  },
  // A time and no age, as upstream prints it.
  cells: ({ metadata }) => [metadata.name, metadata.creationTimestamp ?? ''],
  warnings: ({ spec }) =>
    spec.versions.flatMap((version, index) => {
      const path = `spec.versions[${index}].schema.openAPIV3Schema`;
      const places = unevaluatedRules((version.schema?.openAPIV3Schema ?? {}) as Readonly<Record<string, unknown>>, path);
      return places.map((place) => `${place}: rules in CEL are kept and published, but not evaluated`);
    }),
};

function groupErrors({ spec, metadata }: CustomResourceDefinition): FieldError[] {
  const { group } = spec;
  if (group === '') return [required('spec.group')];
  const errors = invalidEach('spec.group', group, dnsSubdomain(group));
  if (!group.includes('.')) errors.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
  if (/(^|\.)(k8s|kubernetes)\.io$/.test(group) && metadata.annotations?.[approval] === undefined) {
    const detail = `protected groups must have approval annotation "${approval}", see https://github.com/kubernetes/enhancements/pull/1111`;
    errors.push(required(`metadata.annotations[${approval}]`, detail));
  }
  return errors;
}

function namesErrors(names: CustomResourceDefinitionNames): FieldError[] {
  const errors: FieldError[] = [];
  const check = (field: string, name: string | undefined, mixedCase: boolean): void => {
    const at = `spec.names.${field}`;
    if (!name) errors.push(required(at));
    else if (!mixedCase) errors.push(...invalidEach(at, name, dnsServiceLabel(name)));
    else {
      const broken = dnsServiceLabel(name.toLowerCase());
      if (broken.length > 0) errors.push(invalidValue(at, name, `may have mixed case, but should otherwise match: ${broken.join(',')}`));
    }
  };
  check('plural', names.plural, false);
  check('singular', names.singular, false);
  check('kind', names.kind, true);
  check('listKind', names.listKind, true);
  for (const field of ['shortNames', 'categories'] as const) {
    for (const [index, name] of (names[field] ?? []).entries()) check(`${field}[${index}]`, name, false);
  }
  if (names.kind !== '' && names.kind === names.listKind) {
    errors.push(invalidValue('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'));
  }
  return errors;
}

function versionsErrors(spec: CustomResourceDefinitionSpec): FieldError[] {
  const { versions } = spec;
  const errors: FieldError[] = [];
  const names = new Set<string>();
  if (versions.filter((version) => version.storage).length !== 1) {
    const list = versions.map((version) => version.name);
    errors.push(invalidValue('spec.versions', list, 'must have exactly one version marked as storage version'));
  }
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}]`;
    errors.push(...invalidEach(`${at}.name`, version.name, dnsServiceLabel(version.name)));
    if (names.has(version.name)) errors.push(duplicate(`${at}.name`, version.name));
    names.add(version.name);
    errors.push(...versionErrors(version, at));
  }
  return errors;
}

const columnTypes = ['integer', 'number', 'string', 'boolean', 'date'];
function versionErrors(version: CustomResourceDefinitionVersion, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const schema = version.schema?.openAPIV3Schema;
  if (schema === undefined) errors.push(required(`${at}.schema.openAPIV3Schema`, 'schemas are required'));
  else errors.push(...schemaErrors(schema as Readonly<Record<string, unknown>>, `${at}.schema.openAPIV3Schema`));
  return [...errors, ...columnErrors(version, at), ...scaleErrors(version, at)];
}
function schemaErrors(schema: Readonly<Record<string, unknown>>, path: string): FieldError[] {
  const errors = structuralErrors(schema, path);
  return errors.length > 0 ? errors : usableErrors(schema, path);
}
function columnErrors(version: CustomResourceDefinitionVersion, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, column] of (version.additionalPrinterColumns ?? []).entries()) {
    const here = `${at}.additionalPrinterColumns[${index}]`;
    if (column.name === '') errors.push(required(`${here}.name`));
    if (!columnTypes.includes(column.type)) {
      errors.push(invalidValue(`${here}.type`, column.type, `must be one of ${[...columnTypes].sort().join(',')}`));
    }
    if (!column.jsonPath.startsWith('.'))
      errors.push(invalidValue(`${here}.jsonPath`, column.jsonPath, 'must be a simple json path starting with .'));
  }
  for (const [index, field] of (version.selectableFields ?? []).entries()) {
    if (!/^(\.[\w-]+)+$/.test(field.jsonPath)) {
      errors.push(invalidValue(`${at}.selectableFields[${index}].jsonPath`, field.jsonPath, 'is an invalid path'));
    }
  }
  return errors;
}
function scaleErrors(version: CustomResourceDefinitionVersion, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const scale = version.subresources?.scale;
  if (scale === undefined) return errors;
  for (const [field, under] of [
    ['specReplicasPath', 'spec'],
    ['statusReplicasPath', 'status'],
  ] as const) {
    const here = `${at}.subresources.scale.${field}`;
    if (scale[field] === '') errors.push(required(here));
    else if (!scale[field].startsWith(`.${under}.`)) errors.push(invalidValue(here, scale[field], `should be a json path under .${under}`));
  }
  return errors;
}

function updateErrors({ spec, status }: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const errors: FieldError[] = [];
  const established = old.status?.conditions?.some((one) => one.type === 'Established' && one.status === 'True') === true;
  if (established) {
    if (spec.scope !== old.spec.scope) errors.push(immutable('spec.scope', spec.scope));
    if (spec.names.kind !== old.spec.names.kind) errors.push(immutable('spec.names.kind', spec.names.kind));
  }
  if (spec.group !== old.spec.group) errors.push(immutable('spec.group', spec.group));
  if (spec.names.plural !== old.spec.names.plural) errors.push(immutable('spec.names.plural', spec.names.plural));
  for (const [index, version] of (status?.storedVersions ?? []).entries()) {
    if (spec.versions.some((one) => one.name === version)) continue;
    const detail =
      `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage ` +
      `migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
    errors.push(invalidValue(`status.storedVersions[${index}]`, version, detail));
  }
  return errors;
}
