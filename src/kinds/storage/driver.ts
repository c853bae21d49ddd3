import type { FieldError } from '../../api/status.ts';
import { invalidEach, required, tooLong } from '../field-errors.ts';
import { dnsSubdomain, qualifiedName } from '../names.ts';

const longestDriver = 63;
const mostParameters = 512;
const mostParameterBytes = 256 * 1024;

/** What is wrong with the name of a CSI driver where it is named (kubernetes v1.35, core ValidateCSIDriverName). */
export function driverNameErrors(field: string, name: string): FieldError[] {
  const errors = name === '' ? [required(field)] : [];
  if (name.length > longestDriver) errors.push(tooLong(field, longestDriver));
  return [...errors, ...invalidEach(field, name, dnsSubdomain(name.toLowerCase()))];
}
/** What is wrong with the provisioner of a class (storage validateProvisioner). */
export function provisionerErrors(field: string, name: string): FieldError[] {
  if (name === '') return [required(field)];
  const lower = name.toLowerCase();
  return invalidEach(field, lower, qualifiedName(lower));
}
/** What is wrong with the parameters of a class (storage validateParameters). */
export function parameterErrors(field: string, parameters: Readonly<Record<string, string>>): FieldError[] {
  const entries = Object.entries(parameters);
  if (entries.length > mostParameters) return [tooLong(field, mostParameters)];
  const errors = entries.flatMap(([key]) => (key === '' ? invalidEach(field, '', ['field can not be empty.']) : []));
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return size > mostParameterBytes ? [...errors, tooLong(field, mostParameterBytes)] : errors;
}
