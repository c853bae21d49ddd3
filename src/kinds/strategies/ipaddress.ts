import { IPAddress, type ParentReference } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { immutable, invalidEach, required } from '../field-errors.ts';
import { strictIpErrors } from '../ip.ts';
import { dnsSubdomain, pathSegment } from '../names.ts';
import { segmentErrors } from '../references.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';

export const ipaddress: KindRules<IPAddress> = {
  kind: IPAddress,
  complete: true,
  generation: 'none',
  nameRule: (text) => strictIpErrors('', text).map(({ detail }) => detail),
  validate: (object, old) => {
    const parent = object.spec?.parentRef;
    if (old !== undefined) {
      return jsonEqual(parent, old.spec?.parentRef) ? [] : [immutable('spec.parentRef', shown(parent))];
    }
    return parent === undefined ? [required('spec.parentRef')] : parentErrors(parent);
  },
  cells: ({ metadata, spec }) => [metadata.name, parentCell(spec?.parentRef)],
};

function parentErrors({ group = '', resource, name, namespace = '' }: Sent<ParentReference>): FieldError[] {
  const at = 'spec.parentRef';
  const errors = group === '' ? [] : invalidEach(`${at}.group`, group, dnsSubdomain(group));
  errors.push(...segmentErrors(`${at}.resource`, resource), ...segmentErrors(`${at}.name`, name));
  return namespace === '' ? errors : [...errors, ...invalidEach(`${at}.namespace`, namespace, pathSegment(namespace))];
}
/** The reference as it is within upstream's server, which its message shows. */
function shown(parent: Sent<ParentReference> | undefined): unknown {
  if (parent === undefined) return null;
  const { group = '', resource = '', namespace = '', name = '' } = parent;
  return { Group: group, Resource: resource, Namespace: namespace, Name: name };
}
function parentCell(parent: ParentReference | undefined): string {
  if (parent === undefined) return '<none>';
  const { group = '', resource = '', namespace = '', name = '' } = parent;
  return [group === '' ? resource : `${resource}.${group}`, namespace, name].filter((part) => part !== '').join('/');
}
