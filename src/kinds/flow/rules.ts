import type { FlowcontrolSubject, NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { dnsLabel, dnsSubdomain } from '../names.ts';
import type { Sent } from '../sent.ts';

type Subject = Sent<FlowcontrolSubject>;
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];
const kinds = ['Group', 'ServiceAccount', 'User'];
const parts = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const;

/** What is wrong with whose requests of which sort a FlowSchema takes (kubernetes v1.35, ValidateFlowSchemaPolicyRulesWithSubjects). */
export function flowRuleErrors(rule: Sent<PolicyRulesWithSubjects>, at: string): FieldError[] {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  const errors = subjects.flatMap((subject, index) => subjectErrors(subject, `${at}.subjects[${index}]`));
  if (subjects.length === 0) errors.push(required(`${at}.subjects`, 'subjects must contain at least one value'));
  if (resourceRules.length + nonResourceRules.length === 0) {
    errors.push(required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  }
  errors.push(...resourceRules.flatMap((one, index) => resourceErrors(one, `${at}.resourceRules[${index}]`)));
  return [...errors, ...nonResourceRules.flatMap((one, index) => pathRuleErrors(one, `${at}.nonResourceRules[${index}]`))];
}

function subjectErrors(subject: Subject, at: string): FieldError[] {
  const { kind = '' } = subject;
  if (!kinds.includes(kind)) return [notSupported(`${at}.kind`, kind, kinds)];
  const own = parts[kind as keyof typeof parts];
  const errors = ownErrors(subject, kind as keyof typeof parts, `${at}.${own}`);
  for (const [other, field] of Object.entries(parts)) {
    if (field === own || subject[field] === undefined) continue;
    errors.push(fieldForbidden(`${at}.${field}`, `${field} is forbidden when subject kind is not '${other}'`));
  }
  return errors;
}
function ownErrors(subject: Subject, kind: keyof typeof parts, at: string): FieldError[] {
  const own = subject[parts[kind]];
  if (own === undefined) return [required(at, `${parts[kind]} is required when subject kind is '${kind}'`)];
  const { name = '' } = own;
  const errors = name === '' ? [required(`${at}.name`)] : [];
  if (kind !== 'ServiceAccount') return errors;
  if (name !== '' && name !== '*') errors.push(...invalidEach(`${at}.name`, name, dnsSubdomain(name)));
  const { namespace = '' } = subject.serviceAccount ?? {};
  if (namespace === '') return [...errors, required(`${at}.namespace`, 'must specify namespace for service account')];
  return [...errors, ...invalidEach(`${at}.namespace`, namespace, dnsLabel(namespace))];
}

function verbErrors(list: readonly string[], at: string): FieldError[] {
  if (list.length === 0) return [required(at, 'verbs must contain at least one value')];
  if (list.includes('*')) return list.length > 1 ? [invalidValue(at, list, "if '*' is present, must not specify other verbs")] : [];
  return list.every((verb) => verbs.includes(verb)) ? [] : [notSupported(at, list, verbs)];
}
/** A list in which a star stands alone. */
function starErrors(list: readonly string[], at: string, words: { missing: string; others: string }): FieldError[] {
  if (list.length === 0) return [required(at, words.missing)];
  const mixed = list.length > 1 && list.includes('*');
  return mixed ? [invalidValue(at, list, `if '*' is present, must not specify other ${words.others}`)] : [];
}
function resourceErrors(rule: Sent<ResourcePolicyRule>, at: string): FieldError[] {
  const { namespaces = [], clusterScope = false } = rule;
  const missing = (what: string): string => `resource rules must supply at least one ${what}`;
  const errors = [
    ...verbErrors(rule.verbs ?? [], `${at}.verbs`),
    ...starErrors(rule.apiGroups ?? [], `${at}.apiGroups`, { missing: missing('api group'), others: 'api groups' }),
    ...starErrors(rule.resources ?? [], `${at}.resources`, { missing: missing('resource'), others: 'resources' }),
  ];
  const field = `${at}.namespaces`;
  if (namespaces.length === 0 && clusterScope) return errors;
  const words = { missing: 'resource rules that are not cluster scoped must supply at least one namespace', others: 'namespaces' };
  if (namespaces.length === 0 || namespaces.includes('*')) return [...errors, ...starErrors(namespaces, field, words)];
  const intro = "each member of this list must be '*' or a DNS-1123 label; ";
  const bad = namespaces.flatMap((name, index) =>
    invalidEach(
      `${field}[${index}]`,
      name,
      dnsLabel(name).map((text) => intro + text),
    ),
  );
  return [...errors, ...bad];
}
function pathRuleErrors({ verbs: list = [], nonResourceURLs: paths = [] }: Sent<NonResourcePolicyRule>, at: string): FieldError[] {
  const field = `${at}.nonResourceURLs`;
  const words = { missing: 'nonResourceURLs must contain at least one value', others: 'non-resource URLs' };
  const errors = [...verbErrors(list, `${at}.verbs`), ...starErrors(paths, field, words)];
  if (paths.includes('*')) return errors;
  return [...errors, ...paths.flatMap((path, index) => invalidEach(`${field}[${index}]`, path, pathFault(path)))];
}
function pathFault(path: string): readonly string[] {
  if (path === '') return ['must not be empty'];
  if (path === '/') return [];
  if (!path.startsWith('/')) return ['must start with slash'];
  if (path.includes(' ')) return ['must not contain white-space'];
  if (path.includes('//')) return ['must not contain double slash'];
  const stars = path.split('*').length - 1;
  return stars > 1 || (stars === 1 && !path.endsWith('/*')) ? ['wildcard can only do suffix matching'] : [];
}
