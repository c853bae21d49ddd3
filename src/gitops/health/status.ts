import type { KubeObject } from '../../api/object.ts';
import { isRecord, valueAt } from '../../base/json.ts';

export type HealthStatus = 'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown';
export interface Health {
  readonly status: HealthStatus;
  /** One clause for people: what it is or waits for, and why. */
  readonly message: string;
  /** Waiting cannot help: a Job that failed, a deadline that passed. */
  readonly forGood?: true;
}
export interface HealthOptions {
  /** Of a workload: its pods, whose troubles are named in the message. */
  readonly pods?: readonly KubeObject[];
  /** Milliseconds since the epoch; without it nothing is called stuck for its age. */
  readonly nowMs?: number;
  /** What the cluster gives addresses to; default nothing, so that none is waited for. */
  readonly provides?: { readonly loadBalancer?: boolean; readonly ingress?: boolean };
  /** Of a claim: its class binds it only when a pod wants it. */
  readonly waitsForPod?: boolean;
}
export type HealthRule = (object: KubeObject, options: HealthOptions) => Health | undefined;

export const healthy = (message: string): Health => ({ status: 'Healthy', message });
export const progressing = (message: string): Health => ({ status: 'Progressing', message });
export const degraded = (message: string): Health => ({ status: 'Degraded', message });
export const failedForGood = (message: string): Health => ({ status: 'Degraded', message, forGood: true });
export const suspended = (message: string): Health => ({ status: 'Suspended', message });

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}
/** A condition of the status; what it leaves out is ''. */
export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  const all = valueAt(object, ['status', 'conditions']);
  if (!Array.isArray(all)) return undefined;
  const found = all.filter(isRecord).find((condition) => condition['type'] === type);
  if (found === undefined) return undefined;
  const text = (key: string) => (typeof found[key] === 'string' ? found[key] : '');
  return { type, status: text('status'), reason: text('reason'), message: text('message'), lastTransitionTime: text('lastTransitionTime') };
}
/** `reason: message`, or whichever of the two there is. */
export function conditionText(condition: Condition): string {
  if (condition.reason === '' || condition.message === '')
    return condition.message + condition.reason || `${condition.type} is ${condition.status}`;
  return `${condition.reason}: ${condition.message}`;
}
/** A number of the object; `otherwise` where there is none. */
export function numberAt(object: unknown, path: readonly string[], otherwise: number): number {
  const value = valueAt(object, path);
  return typeof value === 'number' ? value : otherwise;
}
export function textAt(object: unknown, path: readonly string[]): string {
  const value = valueAt(object, path);
  return typeof value === 'string' ? value : '';
}
