import type { Operation } from 'fast-json-patch';
import type { ObjectRef } from './object.ts';

export type Action = 'create' | 'configure' | 'recreate' | 'unchanged' | 'prune' | 'skip' | 'blocked';
export type Phase = 'PreSync' | 'Sync' | 'PostSync' | 'SyncFail';
/** Where a manifest stands in the source: path from the repository's root, 1-based line of the document's first key. */
export interface Origin {
  readonly path: string;
  readonly line: number;
}

/**
 * `patch` leads from the live object to the predicted one, without status, server-set metadata and our own tracking label;
 * for a create it adds the whole object as the manifest says it. In a Secret each value stands as `<git blob id>`.
 */
export interface PlanStep {
  readonly action: Action;
  readonly ref: ObjectRef;
  readonly phase: Phase;
  readonly wave: number;
  readonly patch: readonly Operation[];
  /** The same change field by field, for people; not hashed. */
  readonly changes?: readonly FieldChange[];
  /** Of the live object; '' when absent. Checked, not hashed. */
  readonly uid: string;
  /** Hash over action, ref and patch: what a review approves. */
  readonly digest: string;
  /** Who predicted: the server's dry run, or the schema alone where the plan itself creates the Namespace or the kind. */
  readonly basis: 'dryRun' | 'schema';
  readonly origin?: Origin;
  /** One clause for people: `image changes`, `no longer in the source`, `order only, restarts web`. */
  readonly why?: string;
  readonly findings?: readonly Finding[];
}
/** One field, `spec.template.spec.containers[web].image`. Absent `from`: it is new; absent `to`: it goes. Secret values are masked. */
export interface FieldChange {
  readonly path: string;
  readonly from?: unknown;
  readonly to?: unknown;
}
/** Something a person should know before the plan is applied. */
export interface Finding {
  /**
   * conflict: a field that we never applied and somebody else owns. adopt: the object is there and belongs to nobody.
   * foreign: it belongs to another application. drift: somebody changed what we had applied. respected: left to a named manager.
   */
  readonly kind:
    'conflict' | 'adopt' | 'foreign' | 'drift' | 'respected' | 'immutable' | 'invalid' | 'unserved' | 'exclusive' | 'suspended';
  readonly message: string;
  /** Field paths, `spec.replicas`. */
  readonly fields?: readonly string[];
  /** The manager that wrote the field, and when. */
  readonly writer?: string;
  readonly time?: string;
  readonly blocks: boolean;
}

export interface PlanSummary {
  readonly create: number;
  readonly configure: number;
  readonly recreate: number;
  readonly unchanged: number;
  readonly prune: number;
  readonly skip: number;
  readonly blocked: number;
}

/** A plan as a file: what `steer plan --out` writes and `steer apply` reads. Holds no secret value. */
export interface Plan {
  readonly apiVersion: 'steersman.dev/v1';
  readonly kind: 'Plan';
  /** `p-` and 16 hex digits: hash over application, destination and each step's action, ref and patch, in order. */
  readonly planId: string;
  readonly application: { readonly namespace: string; readonly name: string };
  /** Empty: the cluster that holds the Application. */
  readonly destination: { readonly context?: string };
  readonly source: PlanSource;
  /** The other revision of an offline plan. */
  readonly base?: PlanSource;
  readonly summary: PlanSummary;
  /** Objects that are equal, defaults and order apart, are counted in the summary; their steps are here as `unchanged`. */
  readonly steps: readonly PlanStep[];
  /** Why the plan would be held for approval; empty when it would be applied by itself. */
  readonly holds: readonly string[];
  /** What was left out and why: kustomization files, kinds that the target does not serve. */
  readonly notes: readonly string[];
}
export interface PlanSource {
  /** Without credentials. */
  readonly repo: string;
  readonly path: string;
  /** What was asked for: a branch, tag, range or commit. */
  readonly revision: string;
  readonly commit: string;
}
