import type { FieldError } from '../api/status.ts';
import { invalidEach, invalidValue, required } from './field-errors.ts';
import { dnsSubdomain, qualifiedName } from './names.ts';

/** An Event under the names of its fields in either group. */
export interface EventFields {
  readonly namespace: string;
  readonly aboutNamespace: string;
  readonly eventTime: string | undefined;
  readonly controller: string;
  readonly instance: string;
  readonly action: string;
  readonly reason: string;
  readonly message: string;
}
const longestWord = 128;
const longestMessage = 1024;

/** What is wrong with an Event in both groups (kubernetes v1.35, legacyValidateEvent); `controllerField` as the version calls it. */
export function eventErrors(event: EventFields, controllerField: string): FieldError[] {
  const { namespace, aboutNamespace } = event;
  const errors: FieldError[] = [];
  const mismatch = invalidValue('involvedObject.namespace', aboutNamespace, 'does not match event.namespace');
  if (event.eventTime === undefined) {
    const fits = aboutNamespace === '' ? namespace === '' || namespace === 'default' : namespace === aboutNamespace;
    if (!fits) errors.push(mismatch);
  } else {
    if (aboutNamespace === '' && namespace !== 'default' && namespace !== 'kube-system') errors.push(mismatch);
    if (event.controller === '') errors.push(required(controllerField));
    errors.push(...invalidEach(controllerField, event.controller, qualifiedName(event.controller)));
    errors.push(
      ...wordErrors('reportingInstance', event.instance),
      ...wordErrors('action', event.action),
      ...wordErrors('reason', event.reason),
    );
    errors.push(...lengthErrors('message', event.message, longestMessage));
  }
  return [...errors, ...invalidEach('namespace', namespace, dnsSubdomain(namespace))];
}
function wordErrors(field: string, text: string): FieldError[] {
  return text === '' ? [required(field)] : lengthErrors(field, text, longestWord);
}
function lengthErrors(field: string, text: string, most: number): FieldError[] {
  return Buffer.byteLength(text) > most ? [invalidValue(field, '', `can have at most ${most} characters`)] : [];
}
