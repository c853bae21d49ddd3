import type { Application } from '../../api/kinds.generated.ts';
import { isRecord } from '../../base/json.ts';
import { annotations } from '../tracking.ts';

/** What somebody asks for, as the annotation `steersman.dev/request` holds it. */
export interface OperationRequest {
  /** Answered in `status.operation.id`; handled once, which `status.answered` remembers. */
  readonly id: string;
  readonly action: 'apply' | 'rollback' | 'resume' | 'sync';
  /** Of an apply: the commit that the plan was made for, and the plan. */
  readonly commit?: string;
  readonly planId?: string;
  /** Of an apply: digests of the reviewed steps that change something, by `refText`; makes a refusal name the object. */
  readonly steps?: Readonly<Record<string, string>>;
  /** Of a rollback: the number of the revision. */
  readonly to?: number;
  readonly by?: string;
}

/** The request that has not been answered yet. What is no request counts as none. */
export function requestOf(application: Readonly<Application>): OperationRequest | undefined {
  const text = application.metadata.annotations?.[annotations.request];
  const value = text === undefined ? undefined : parsed(text);
  if (!isRecord(value) || typeof value['id'] !== 'string' || value['id'] === application.status?.answered) return undefined;
  const { id, action } = value;
  if (action !== 'apply' && action !== 'rollback' && action !== 'resume' && action !== 'sync') return undefined;
  return { id, action, ...details(value) };
}

function details({ commit, planId, to, by, steps }: Record<string, unknown>): Omit<OperationRequest, 'id' | 'action'> {
  return {
    ...(typeof commit === 'string' ? { commit } : {}),
    ...(typeof planId === 'string' ? { planId } : {}),
    ...(typeof to === 'number' ? { to } : {}),
    ...(typeof by === 'string' ? { by } : {}),
    ...(isRecord(steps) ? { steps: steps as Record<string, string> } : {}),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // a person's typing error in an annotation: nothing was asked that could be answered
    return undefined;
  }
}
