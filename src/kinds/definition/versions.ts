import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  SelectableField,
} from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { duplicate, invalidValue, required } from '../field-errors.ts';
import { dnsServiceLabel } from '../names.ts';
import { fieldPathOf } from './field-path.ts';
import type { Node } from './node.ts';
import { schemaErrors } from './schema-errors.ts';

/** What is wrong with the versions of a definition. `old` is the spec that stood there before. */
export function versionsErrors(spec: CustomResourceDefinitionSpec, old: CustomResourceDefinitionSpec | undefined): FieldError[] {
  const { versions } = spec;
  const errors: FieldError[] = [];
  const common = commonParts(versions);
  versions.forEach((version, index) => {
    if (version.schema?.openAPIV3Schema === undefined) {
      errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`, 'schemas are required'));
    }
  });
  versions.forEach((version, index) => {
    const at = `spec.versions[${index}]`;
    const broken = dnsServiceLabel(version.name ?? '');
    if (broken.length > 0) errors.push(invalidValue(`${at}.name`, version.name ?? '', broken.join(',')));
    errors.push(...deprecationErrors(version, at));
    if (index > 0 && common.schema && common.subresources && common.columns && common.fields) return;
    errors.push(...partErrors(version, { at, top: index === 0, common, old: schemaOf(old, version.name) }));
  });
  const names = versions.map(({ name }) => name);
  if (new Set(names).size < names.length) errors.push(invalidValue('spec.versions', names, 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage).length !== 1) {
    errors.push(invalidValue('spec.versions', names, 'must have exactly one version marked as storage version'));
  }
  const [first] = versions;
  const broken = dnsServiceLabel(first?.name ?? '');
  if (first !== undefined && first.name && broken.length > 0) errors.push(invalidValue('spec.version', first.name, broken.join(',')));
  return errors;
}
function schemaOf(spec: CustomResourceDefinitionSpec | undefined, name: string): Node | undefined {
  return spec?.versions.find((version) => version.name === name)?.schema?.openAPIV3Schema as Node | undefined;
}

/** Which parts are the same in all versions: upstream takes those for parts of the definition, and names them so in its messages. */
interface Common {
  readonly schema: boolean;
  readonly subresources: boolean;
  readonly columns: boolean;
  readonly fields: boolean;
}
function commonParts(versions: readonly CustomResourceDefinitionVersion[]): Common {
  const [first] = versions;
  const same = (part: (version: CustomResourceDefinitionVersion) => unknown): boolean =>
    first !== undefined && versions.every((version) => jsonEqual(part(version), part(first)));
  return {
    schema: same(({ schema }) => schema),
    subresources: same(({ subresources }) => subresources),
    columns: same(({ additionalPrinterColumns }) => additionalPrinterColumns),
    fields: same(({ selectableFields }) => selectableFields),
  };
}

interface Part {
  readonly at: string;
  readonly top: boolean;
  readonly common: Common;
  readonly old: Node | undefined;
}
function partErrors(version: CustomResourceDefinitionVersion, { at, top, common, old }: Part): FieldError[] {
  const errors: FieldError[] = [];
  const place = (shared: boolean, own: string, whole = own): string | undefined =>
    shared ? (top ? `spec.${whole}` : undefined) : `${at}.${own}`;
  const schema = version.schema?.openAPIV3Schema as Node | undefined;
  const schemaAt = place(common.schema, 'schema', 'validation');
  if (schema !== undefined && schemaAt !== undefined) {
    const statusEnabled = version.subresources?.status !== undefined;
    errors.push(...schemaErrors(schema, `${schemaAt}.openAPIV3Schema`, { statusEnabled, old }));
  }
  const scaleAt = place(common.subresources, 'subresources');
  if (scaleAt !== undefined) errors.push(...scaleErrors(version.subresources, scaleAt));
  const columnsAt = place(common.columns, 'additionalPrinterColumns');
  const columns = columnsAt === undefined ? [] : (version.additionalPrinterColumns ?? []);
  columns.forEach((column, index) => errors.push(...columnErrors(column, `${columnsAt}[${index}]`)));
  const fieldsAt = place(common.fields, 'selectableFields');
  if (fieldsAt !== undefined && schema !== undefined) errors.push(...selectableErrors(version.selectableFields ?? [], fieldsAt, schema));
  return errors;
}

function deprecationErrors({ deprecated, deprecationWarning: text }: CustomResourceDefinitionVersion, at: string): FieldError[] {
  if (text === undefined) return [];
  const wrong = (detail: string): FieldError => invalidValue(`${at}.deprecationWarning`, text, detail);
  if (deprecated !== true) return [wrong('can only be set for deprecated versions')];
  const errors: FieldError[] = [];
  if (Buffer.byteLength(text) > 256) errors.push(wrong('must be <= 256 characters long'));
  if (text === '') errors.push(wrong('must not be an empty string'));
  const unprintable = [...text].findIndex((char) => !/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char));
  if (unprintable >= 0) {
    const detail = `must only contain printable UTF-8 characters; non-printable character found at index ${unprintable}`;
    errors.push(wrong(detail));
  }
  return errors;
}

const types = ['boolean', 'date', 'integer', 'number', 'string'];
const formats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
function columnErrors(column: CustomResourceColumnDefinition, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!column.name) errors.push(required(`${at}.name`));
  const allowed = `must be one of ${types.join(',')}`;
  if (!column.type) errors.push(required(`${at}.type`, allowed));
  else if (!types.includes(column.type)) errors.push(invalidValue(`${at}.type`, column.type, allowed));
  if (column.format && !formats.includes(column.format)) {
    errors.push(invalidValue(`${at}.format`, column.format, `must be one of ${formats.join(',')}`));
  }
  if (!column.jsonPath) errors.push(required(`${at}.JSONPath`));
  else errors.push(...simplePathErrors(column.jsonPath, `${at}.JSONPath`));
  return errors;
}
function simplePathErrors(path: string, at: string): FieldError[] {
  return path.startsWith('.') ? [] : [invalidValue(at, path, 'must be a simple json path starting with .')];
}

function scaleErrors(subresources: CustomResourceSubresources | undefined, at: string): FieldError[] {
  const scale = subresources?.scale;
  if (scale === undefined) return [];
  const errors = [
    ...replicaErrors(scale.specReplicasPath, `${at}.scale.specReplicasPath`, 'spec'),
    ...replicaErrors(scale.statusReplicasPath, `${at}.scale.statusReplicasPath`, 'status'),
  ];
  const selector = scale.labelSelectorPath;
  if (!selector) return errors;
  const here = `${at}.scale.labelSelectorPath`;
  const broken = simplePathErrors(selector, here);
  if (broken.length > 0) errors.push(...broken);
  else if (!/^\.(?:spec|status)\./.test(selector)) {
    errors.push(invalidValue(here, selector, 'should be a json path under either .spec or .status'));
  }
  return errors;
}
function replicaErrors(path: string | undefined, at: string, under: 'spec' | 'status'): FieldError[] {
  if (!path) return [required(at)];
  const broken = simplePathErrors(path, at);
  if (broken.length > 0) return broken;
  return path.startsWith(`.${under}.`) ? [] : [invalidValue(at, path, `should be a json path under .${under}`)];
}

const mostSelectable = 8;
function selectableErrors(fields: readonly SelectableField[], at: string, schema: Node): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, index) => {
    const here = `${at}[${index}].jsonPath`;
    if (!jsonPath) {
      errors.push(required(here));
      return;
    }
    const path = fieldPathOf(jsonPath, schema, { brackets: false });
    if ('problem' in path) {
      errors.push(invalidValue(here, jsonPath, `is an invalid path: ${path.problem}`));
      return;
    }
    if (path.first === 'metadata') errors.push(invalidValue(here, jsonPath, 'must not point to fields in metadata'));
    if (!['string', 'boolean', 'integer'].includes(path.node['type'] as string)) {
      const detail = 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      errors.push(invalidValue(here, jsonPath, detail));
    }
    if (seen.has(path.field)) errors.push(duplicate(here, jsonPath));
    seen.add(path.field);
  });
  if (seen.size > mostSelectable) {
    errors.push({ type: 'FieldValueTooMany', field: at, value: seen.size, detail: `must have at most ${mostSelectable} items` });
  }
  return errors;
}
