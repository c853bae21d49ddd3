import type { RoleBinding, RoleRef, Subject } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { dnsSubdomain, pathSegment } from '../names.ts';
import type { Sent } from '../sent.ts';

const group = 'rbac.authorization.k8s.io';
type Binding = Pick<Sent<RoleBinding>, 'roleRef' | 'subjects'>;

/** Groups that may be left out. */
export function defaultBinding({ roleRef, subjects = [] }: Binding): void {
  if (roleRef !== undefined) roleRef.apiGroup ||= group;
  for (const subject of subjects) if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= group;
}

/** What is wrong with a RoleBinding or ClusterRoleBinding (kubernetes v1.35, rbac ValidateRoleBinding). */
export function bindingErrors(binding: Binding, old: Binding | undefined, namespaced: boolean): FieldError[] {
  const { roleRef = {}, subjects = [] } = binding;
  const errors = roleRefErrors(roleRef, namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']);
  errors.push(...subjects.flatMap((subject, index) => subjectErrors(subject, `subjects[${index}]`, namespaced)));
  if (old === undefined || jsonEqual(old.roleRef ?? {}, roleRef)) return errors;
  // The message shows the reference as it is within upstream's server.
  const shown = { APIGroup: roleRef.apiGroup ?? '', Kind: roleRef.kind ?? '', Name: roleRef.name ?? '' };
  return [...errors, invalidValue('roleRef', shown, 'cannot change roleRef')];
}

function roleRefErrors({ apiGroup = '', kind = '', name = '' }: Sent<RoleRef>, kinds: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  if (apiGroup !== group) errors.push(notSupported('roleRef.apiGroup', apiGroup, [group]));
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds));
  return [...errors, ...(name === '' ? [required('roleRef.name')] : invalidEach('roleRef.name', name, pathSegment(name)))];
}

function subjectErrors(subject: Sent<Subject>, at: string, namespaced: boolean): FieldError[] {
  const { kind = '', name = '', apiGroup = '', namespace = '' } = subject;
  const errors = name === '' ? [required(`${at}.name`)] : [];
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') errors.push(...invalidEach(`${at}.name`, name, dnsSubdomain(name)));
      if (apiGroup !== '') errors.push(notSupported(`${at}.apiGroup`, apiGroup, ['']));
      if (!namespaced && namespace === '') errors.push(required(`${at}.namespace`));
      return errors;
    case 'User':
    case 'Group':
      if (name === '') errors.push(invalidValue(`${at}.name`, name, `${kind.toLowerCase()} name cannot be empty`));
      if (apiGroup !== group) errors.push(notSupported(`${at}.apiGroup`, apiGroup, [group]));
      return errors;
    default:
      return [...errors, notSupported(`${at}.kind`, kind, ['ServiceAccount', 'User', 'Group'])];
  }
}

/** Cells of a table behind the name: the role, the age, and who is bound, by sort. */
export function bindingCells({ roleRef, subjects = [] }: Binding, age: string): readonly string[] {
  const of = (kind: string): string =>
    subjects
      .filter((subject) => subject.kind === kind)
      .map(({ name = '', namespace = '' }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name))
      .join(', ');
  return [`${roleRef?.kind ?? ''}/${roleRef?.name ?? ''}`, age, of('User'), of('Group'), of('ServiceAccount')];
}
