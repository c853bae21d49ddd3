import { CustomResourceDefinition, type CustomResourceDefinitionNames } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { versionsErrors } from '../definition/versions.ts';
import { fieldForbidden, immutable, invalidValue, notSupported, required } from '../field-errors.ts';
import { dnsServiceLabel, dnsSubdomain } from '../names.ts';
import type { KindRules } from '../rules.ts';

const approval = 'api-approved.kubernetes.io';

/** As apiextensions-apiserver v1.35, apiextensions/validation; conversion by webhook is not there. */
export const customresourcedefinition: KindRules<CustomResourceDefinition> = {
  kind: CustomResourceDefinition,
  unconditionalUpdate: false,
  complete: true,
  defaults: ({ spec }) => {
    if (spec?.names === undefined) return;
    spec.names.singular ||= (spec.names.kind ?? '').toLowerCase();
    spec.names.listKind ||= spec.names.kind ? `${spec.names.kind}List` : '';
    spec.conversion ??= { strategy: 'None' };
  },
  prepare: (object) => {
    const stored = (object.spec?.versions ?? []).filter((version) => version.storage).map((version) => version.name);
    const known = object.status?.storedVersions ?? [];
    const added = stored.filter((version) => !known.includes(version));
    if (added.length > 0) object.status = { ...object.status, storedVersions: [...known, ...added] };
  },
  validate: (object, old) => {
    const { metadata } = object;
    const spec = filled(object.spec);
    const errors: FieldError[] = [];
    if (old === undefined && metadata.name !== `${spec.names.plural}.${spec.group}`) {
      errors.push(invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
    }
    errors.push(
      ...groupErrors(spec.group),
      ...scopeErrors(spec.scope),
      ...versionsErrors(spec, old?.spec),
      ...requiredNames(spec.names),
      ...namesErrors(spec.names),
    );
    errors.push(...conversionErrors(spec));
    if (old !== undefined) errors.push(...updateErrors(object, old));
    errors.push(...approvalErrors({ ...object, spec }, old));
    if (spec.preserveUnknownFields === true && old?.spec.preserveUnknownFields !== true) {
      const detail = 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
      errors.push(invalidValue('spec.preserveUnknownFields', true, detail));
    }
    return errors;
  },
  // A time and no age, as upstream prints it.
  cells: ({ metadata }) => [metadata.name, metadata.creationTimestamp ?? ''],
  warnings: (object) => (isProtected(object.spec.group) ? approvalWarnings(object) : []),
};

/** As Go decodes it: what is missing is empty. */
function filled(spec: Partial<CustomResourceDefinition['spec']> | undefined): CustomResourceDefinition['spec'] {
  const { group = '', scope = '' as 'Cluster', names, versions } = spec ?? {};
  return { ...spec, group, scope, names: { plural: '', kind: '', ...names }, versions: versions ?? [] };
}

function scopeErrors(scope: string): FieldError[] {
  if (scope === '') return [required('spec.scope')];
  return scope === 'Cluster' || scope === 'Namespaced' ? [] : [notSupported('spec.scope', scope, ['Cluster', 'Namespaced'])];
}

function groupErrors(group: string): FieldError[] {
  if (!group) return [required('spec.group')];
  const broken = dnsSubdomain(group);
  if (broken.length > 0) return [invalidValue('spec.group', group, broken.join(','))];
  return group.includes('.') ? [] : [invalidValue('spec.group', group, 'should be a domain with at least one dot')];
}

function requiredNames(names: CustomResourceDefinitionNames): FieldError[] {
  return (['plural', 'singular', 'kind', 'listKind'] as const)
    .filter((field) => !names[field])
    .map((field) => required(`spec.names.${field}`));
}
function namesErrors(names: CustomResourceDefinitionNames): FieldError[] {
  const errors: FieldError[] = [];
  const check = (field: string, name: string | undefined, mixed = ''): void => {
    const broken = dnsServiceLabel(mixed === '' ? (name ?? '') : (name ?? '').toLowerCase());
    if (name !== undefined && name !== '' && broken.length > 0)
      errors.push(invalidValue(`spec.names.${field}`, name, mixed + broken.join(',')));
  };
  const mixed = 'may have mixed case, but should otherwise match: ';
  check('plural', names.plural);
  check('singular', names.singular);
  check('kind', names.kind, mixed);
  check('listKind', names.listKind, mixed);
  for (const [index, name] of (names.shortNames ?? []).entries()) checkEach(`shortNames[${index}]`, name, errors);
  if (names.kind && names.kind === names.listKind) {
    errors.push(invalidValue('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'));
  }
  for (const [index, name] of (names.categories ?? []).entries()) checkEach(`categories[${index}]`, name, errors);
  return errors;
}
function checkEach(field: string, name: string, errors: FieldError[]): void {
  const broken = dnsServiceLabel(name);
  if (broken.length > 0) errors.push(invalidValue(`spec.names.${field}`, name, broken.join(',')));
}

function conversionErrors({ conversion }: CustomResourceDefinition['spec']): FieldError[] {
  if (conversion === undefined) return [];
  if (!conversion.strategy) return [required('spec.conversion.strategy')];
  if (conversion.strategy !== 'None') return [notSupported('spec.conversion.strategy', conversion.strategy, ['None'])];
  const detail = 'should not be set when strategy is not set to Webhook';
  const errors: FieldError[] = [];
  if (conversion.webhook?.clientConfig !== undefined) errors.push(fieldForbidden('spec.conversion.webhookClientConfig', detail));
  if ((conversion.webhook?.conversionReviewVersions ?? []).length > 0) {
    errors.push(fieldForbidden('spec.conversion.conversionReviewVersions', detail));
  }
  return errors;
}

const isProtected = (group: string): boolean => /(?:^|\.)(?:k8s|kubernetes)\.io$/.test(group);
type Approval = { readonly state: 'missing' | 'bypassed' | 'approved' | 'invalid'; readonly text: string };
function approvalOf({ metadata }: CustomResourceDefinition): Approval {
  const text = metadata.annotations?.[approval] ?? '';
  if (text === '') return { state: 'missing', text };
  if (text.startsWith('unapproved')) return { state: 'bypassed', text };
  const absolute = URL.canParse(text) && new URL(text).host !== '';
  return { state: absolute ? 'approved' : 'invalid', text };
}
function approvalErrors(object: CustomResourceDefinition, old: CustomResourceDefinition | undefined): FieldError[] {
  if (!isProtected(object.spec.group)) return [];
  const { state, text } = approvalOf(object);
  // What was let in once is not held against a later change.
  if (old !== undefined && approvalOf(old).state === state) return [];
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111';
  const at = `metadata.annotations[${approval}]`;
  if (state === 'missing') return [required(at, `protected groups must have approval annotation "${approval}", ${see}`)];
  if (state !== 'invalid') return [];
  const detail = `protected groups must have approval annotation "${approval}" with either a URL or a reason starting with "unapproved", ${see}`;
  return [invalidValue(at, text, detail)];
}
function approvalWarnings(object: CustomResourceDefinition): string[] {
  const { state, text } = approvalOf(object);
  return state === 'bypassed' ? [`metadata.annotations[${approval}]: not approved: ${JSON.stringify(text)}`] : [];
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
  return [...errors, ...storedVersionErrors(spec.versions, status?.storedVersions ?? [])];
}
function storedVersionErrors(versions: CustomResourceDefinition['spec']['versions'], stored: readonly string[]): FieldError[] {
  const at = 'status.storedVersions';
  if (stored.length === 0) return [invalidValue(at, stored, 'must have at least one stored version')];
  const errors = versions
    .filter(({ name, storage }) => storage && !stored.includes(name))
    .map(({ name }) => invalidValue(at, stored, `must have the storage version ${name}`));
  stored.forEach((version, index) => {
    if (versions.some(({ name }) => name === version)) return;
    const detail =
      `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage ` +
      `migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
    errors.push(invalidValue(`${at}[${index}]`, version, detail));
  });
  return errors;
}
