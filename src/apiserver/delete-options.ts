import { badRequest, invalid, type FieldError } from '../api/status.ts';
import { isRecord } from '../base/json.ts';
import type { Call } from './context.ts';
import { readBody } from './rest/body.ts';
import { dryRunErrors } from './write-options.ts';

export type Propagation = 'Background' | 'Foreground' | 'Orphan';
/** How a deletion is to be done (meta.k8s.io, DeleteOptions). */
export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds?: number;
  readonly propagation?: Propagation;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

const policies: readonly unknown[] = ['Background', 'Foreground', 'Orphan'];

/** From the body, or from the query where there is no body. @throws StatusError BadRequest, Invalid */
export function readDeleteOptions(call: Call): DeleteOptions {
  const { request, info } = call;
  const sent = request.object !== undefined || (request.body?.length ?? 0) > 0;
  if (!sent) return checkDeleteOptions(fromQuery(info.query));
  const { value } = readBody(call);
  if (!isRecord(value)) throw badRequest('the body of a delete must be DeleteOptions');
  if (value['kind'] !== undefined && value['kind'] !== 'DeleteOptions') {
    throw badRequest(`the kind in the data (${String(value['kind'])}) does not match the expected kind (DeleteOptions)`);
  }
  return checkDeleteOptions({ ...fromQuery(info.query), ...value });
}

function fromQuery(query: URLSearchParams): Record<string, unknown> {
  const grace = query.get('gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  const orphans = query.get('orphanDependents');
  return {
    ...(query.has('dryRun') && { dryRun: query.getAll('dryRun') }),
    ...(grace !== null && { gracePeriodSeconds: Number(grace) }),
    ...(policy !== null && { propagationPolicy: policy }),
    ...(orphans !== null && { orphanDependents: orphans === 'true' }),
  };
}

/** @throws StatusError Invalid */
export function checkDeleteOptions(raw: Record<string, unknown>): DeleteOptions {
  const { dryRun, gracePeriodSeconds: grace, propagationPolicy: policy, orphanDependents: orphans, preconditions } = raw;
  const dry = Array.isArray(dryRun) ? dryRun : [];
  const errors: FieldError[] = dryRunErrors(dry);
  if (policy !== undefined && orphans !== undefined) {
    const detail = 'orphanDependents and deletionPropagation cannot be both set';
    errors.push({ type: 'FieldValueInvalid', field: 'propagationPolicy', value: policy, detail });
  }
  if (policy !== undefined && !policies.includes(policy)) {
    const detail = 'supported values: "Foreground", "Background", "Orphan"';
    errors.push({ type: 'FieldValueNotSupported', field: 'propagationPolicy', value: policy, detail });
  }
  if (grace !== undefined && !Number.isInteger(grace)) {
    errors.push({ type: 'FieldValueTypeInvalid', field: 'gracePeriodSeconds', value: grace, detail: 'must be a whole number' });
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  const propagation = (policy ?? (orphans === undefined ? undefined : orphans === true ? 'Orphan' : 'Background')) as
    Propagation | undefined;
  return {
    dryRun: dry.length > 0,
    ...(typeof grace === 'number' && { gracePeriodSeconds: grace }),
    ...(propagation !== undefined && { propagation }),
    ...(isRecord(preconditions) && { preconditions: preconditionsOf(preconditions) }),
  };
}

function preconditionsOf(raw: Record<string, unknown>): NonNullable<DeleteOptions['preconditions']> {
  const { uid, resourceVersion } = raw;
  return { ...(typeof uid === 'string' && { uid }), ...(typeof resourceVersion === 'string' && { resourceVersion }) };
}
