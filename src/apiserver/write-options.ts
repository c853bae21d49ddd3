import { invalid, type FieldError } from '../api/status.ts';
import type { Call } from './context.ts';

/** How a write is to be done (meta.k8s.io, CreateOptions and its siblings). */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  /** Who is written down as owner of the fields. */
  readonly fieldManager: string;
  /** Was the manager named by the request itself? */
  readonly named: boolean;
  readonly force?: boolean;
}
export type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions';

const longestManager = 128;
const validations: readonly string[] = ['Ignore', 'Warn', 'Strict'];

/** Reads and checks the options of a write. @throws StatusError Invalid */
export function readWriteOptions(call: Call, kind: OptionsKind): WriteOptions {
  const { query } = call.info;
  const manager = query.get('fieldManager') ?? '';
  const validation = query.get('fieldValidation') ?? '';
  const errors: FieldError[] = [...dryRunErrors(query.getAll('dryRun')), ...managerErrors(manager)];
  if (validation !== '' && !validations.includes(validation)) {
    const detail = 'supported values: "Ignore", "Warn", "Strict"';
    errors.push({ type: 'FieldValueNotSupported', field: 'fieldValidation', value: validation, detail });
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
  const force = query.get('force');
  return {
    dryRun: query.has('dryRun'),
    fieldValidation: validation === '' ? 'Warn' : (validation as WriteOptions['fieldValidation']),
    fieldManager: manager === '' ? callerName(call) : manager,
    named: manager !== '',
    ...(force !== null && { force: force === 'true' || force === '1' }),
  };
}

/** Only `All` is a way to run dry. */
export function dryRunErrors(values: readonly unknown[]): FieldError[] {
  return values
    .filter((value) => value !== 'All')
    .map((value) => ({ type: 'FieldValueNotSupported', field: 'dryRun', value, detail: 'supported values: "All"' }));
}

function managerErrors(manager: string): FieldError[] {
  const field = 'fieldManager';
  if (manager.length > longestManager) {
    return [{ type: 'FieldValueTooLong', field, value: manager, detail: `may not be more than ${longestManager} bytes` }];
  }
  if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(manager)) {
    return [{ type: 'FieldValueInvalid', field, value: manager, detail: 'should only contain printable characters' }];
  }
  return [];
}

/** What a client calls itself: the User-Agent up to its first slash, else the user's name. */
function callerName(call: Call): string {
  const agent = (call.request.headers['user-agent'] ?? '').split('/')[0]?.slice(0, longestManager) ?? '';
  return agent === '' ? call.user.name.slice(0, longestManager) : agent;
}
