import fjp, { type Operation } from 'fast-json-patch';
import { badRequest, StatusError, tooLarge } from '../api/status.ts';
import { clone, isRecord, setOwn, valueAt } from '../base/json.ts';

/** Upstream's limit of a JSON Patch. */
export const mostOperations = 10_000;

/**
 * The object after a patch of this media type. Neither `object` nor `patch` is changed; the result of a merge shares parts with both.
 * @throws StatusError BadRequest for a patch that is none, Invalid for one that does not fit the object, RequestEntityTooLarge
 */
export function applyPatch<T>(type: string, object: T, patch: unknown): unknown {
  switch (type) {
    case 'application/json-patch+json':
      return applyJsonPatch(object, patch);
    case 'application/merge-patch+json':
      if (!isRecord(patch)) throw badRequest(`error decoding patch: a merge patch is an object, not ${typeName(patch)}`);
      return mergePatch(object, patch);
    default:
      throw new Error(`${type} is no patch`);
  }
}

/** RFC 7386: members are merged, null removes. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const out: Record<string, unknown> = {};
  if (isRecord(target)) for (const key of Object.keys(target)) setOwn(out, key, target[key]);
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete out[key];
    else setOwn(out, key, mergePatch(Object.hasOwn(out, key) ? out[key] : undefined, value));
  }
  return out;
}

/** RFC 6902. All of it or nothing. @throws StatusError BadRequest, Invalid, RequestEntityTooLarge */
export function applyJsonPatch(object: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest(`error decoding patch: a JSON patch is a list of operations, not ${typeName(patch)}`);
  if (patch.length > mostOperations) {
    throw tooLarge(`The allowed maximum operations in a JSON patch is ${mostOperations}, got ${patch.length}`);
  }
  const operations = patch.map(checked);
  operations.forEach((operation, index) => refuseZeros(object, operation, index));
  try {
    // The first `true` is what makes a missing path an error, the `false` what keeps the object whole when one fails.
    return fjp.applyPatch(object, clone(operations) as Operation[], true, false).newDocument;
  } catch (cause) {
    const error = new StatusError(422, 'Invalid', `${rejected}: ${whyOf(cause, operations)}`);
    error.cause = cause;
    throw error;
  }
}

const rejected = 'the server rejected our request due to an error in our request';
const needs: Readonly<Record<string, readonly string[]>> = {
  add: ['value'],
  remove: [],
  replace: ['value'],
  move: ['from'],
  copy: ['from'],
  test: ['value'],
};
function checked(operation: unknown, index: number): Operation {
  const problem = problemOf(operation);
  if (problem !== undefined) throw badRequest(`error decoding patch: operation ${index}: ${problem}`);
  // Checked just now.
  return operation as Operation;
}
function problemOf(operation: unknown): string | undefined {
  if (!isRecord(operation)) return `an operation is an object, not ${typeName(operation)}`;
  const { op } = operation;
  const needed = typeof op === 'string' && Object.hasOwn(needs, op) ? needs[op] : undefined;
  if (needed === undefined) return `unknown op ${JSON.stringify(op)}`;
  for (const name of ['path', ...needed]) {
    if (!Object.hasOwn(operation, name)) return `${String(op)} needs ${JSON.stringify(name)}`;
    if (name !== 'value' && !isPointer(operation[name])) return `${JSON.stringify(operation[name])} is no JSON pointer`;
  }
  return undefined;
}
function isPointer(value: unknown): boolean {
  return typeof value === 'string' && (value === '' || value.startsWith('/'));
}

/** `/list/01` is no index, which fast-json-patch does not see. */
function refuseZeros(object: unknown, operation: Operation, index: number): void {
  if (!/\/0\d/.test(operation.path)) return;
  const steps = operation.path.slice(1).split('/');
  const bad = steps.findIndex((step, at) => /^0\d+$/.test(step) && Array.isArray(valueAt(object, steps.slice(0, at))));
  if (bad < 0) return;
  throw new StatusError(
    422,
    'Invalid',
    `${rejected}: operation ${index}, ${operation.op} ${JSON.stringify(operation.path)}: an index has no leading zeros`,
  );
}

function whyOf(cause: unknown, operations: readonly Operation[]): string {
  const { name, index, message } = cause as { name?: string; index?: number; message: string };
  const operation = index === undefined ? undefined : operations[index];
  const where = operation === undefined ? '' : `operation ${index}, ${operation.op} ${JSON.stringify(operation.path)}: `;
  return `${where}${reasons[name ?? ''] ?? message.split('\n')[0]}`;
}
const reasons: Readonly<Record<string, string>> = {
  TEST_OPERATION_FAILED: 'the value is another one',
  OPERATION_PATH_UNRESOLVABLE: 'there is nothing at this path',
  OPERATION_FROM_UNRESOLVABLE: 'there is nothing at "from"',
  OPERATION_PATH_CANNOT_ADD: 'there is nothing to add it to',
  OPERATION_VALUE_OUT_OF_BOUNDS: 'the list is shorter',
  OPERATION_PATH_ILLEGAL_ARRAY_INDEX: 'a list has numbers for its items',
};

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
