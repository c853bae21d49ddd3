import type { ObjectKey, ObjectRef } from './object.ts';
import type { Origin, Plan } from './plan.ts';

/** How an application is written down. `Folder`: nothing says so, a folder holds manifests. */
export type ApplicationForm = 'Application' | 'ArgoApplication' | 'ArgoApplicationSet' | 'FluxKustomization' | 'FluxHelmRelease' | 'Folder';

/** One side of a review. */
export interface ReviewRevision {
  /** What was asked for: a branch, tag, range or commit. */
  readonly revision: string;
  readonly commit: string;
  /** First line of the commit message. */
  readonly subject?: string;
}

/**
 * What a merge does to all applications of a repository: what `steer plan --from BASE --to HEAD` finds and every report prints.
 * Holds no secret value; what comes from Secrets is masked before it gets here.
 */
export interface Review {
  readonly apiVersion: 'steersman.dev/v1';
  readonly kind: 'Review';
  /** Without credentials. */
  readonly repo: string;
  readonly base: ReviewRevision;
  readonly head: ReviewRevision;
  /** Whose rules judged: `embedded 1.35`, `profile prod.json (v1.33.4)`, `cluster of ~/.kube/config, context prod`. */
  readonly judgedBy: string;
  /** Where the plan was also held against a cluster: which one, and when it was read (RFC 3339). */
  readonly live?: { readonly target: string; readonly readAt: string };
  /** By name; those that nothing changes too. */
  readonly applications: readonly ApplicationReview[];
  /** What must stop a merge, and what a person should look at; blockers first, then by application. */
  readonly cautions: readonly Caution[];
  readonly images: readonly ImageChange[];
  /** What was found in the repository, for people: `3 Flux Kustomizations in clusters/production`. */
  readonly found: readonly string[];
  /** What was not understood or not planned, and why, with the place where that can be told. */
  readonly notUnderstood: readonly { readonly path: string; readonly line?: number; readonly message: string }[];
  /** Of the run: `read`, `render`, `plan`, `forecast` in milliseconds. */
  readonly timings: Readonly<Record<string, number>>;
}

/** What becomes of one application. */
export interface ApplicationReview {
  readonly application: ObjectKey;
  readonly form: ApplicationForm;
  /** The file that defines it, at the head or, for one that goes, at the base; absent for a folder. */
  readonly origin?: Origin;
  /** From the repository's root. */
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed' | 'unchanged' | 'failed';
  /** Absent where it could not be made. */
  readonly plan?: Plan;
  /** Why there is no plan. */
  readonly failure?: {
    readonly stage: 'render' | 'validate' | 'plan';
    readonly message: string;
    readonly problems: readonly ReviewProblem[];
  };
  /** Objects that the text diff would show and that do not change: by the rule that says so (`version`, `map order`, `defaults`, `spelling`, `null`). */
  readonly hidden: readonly { readonly rule: string; readonly count: number }[];
  /** Objects that keep what they are under another name or owner; their two steps in the plan are `prune` and `create`, or none where only the owner moves. */
  readonly moves: readonly Move[];
  /** What the live cluster has differently from the base and the merge would also undo; only with `live`. Field changes are masked. */
  readonly drift?: Plan;
  /** How what the base asks for stands in the live cluster, before the merge; only with `live`. */
  readonly health?: LiveHealth;
}
/** The worst of several objects, and which one says what. */
export interface LiveHealth {
  readonly status: 'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown';
  readonly message?: string;
}
export interface ReviewProblem {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}
/** `from` and `to` differ in name, namespace or application; `similarity` is 1 for the same content. */
export interface Move {
  readonly from: ObjectRef;
  readonly to: ObjectRef;
  /** Where it moves between applications. */
  readonly fromApplication?: ObjectKey;
  readonly toApplication?: ObjectKey;
  readonly similarity: number;
}

/** Something that a text diff does not say. */
export interface Caution {
  /** What found it, `kebab-case`: `deletes-data`, `immutable-field`, `selector-changes`, `rbac-widens`, `privileged`, `volume-shrinks`, `scale-to-zero`, … */
  readonly rule: string;
  readonly severity: 'blocker' | 'caution';
  readonly application?: ObjectKey;
  readonly ref?: ObjectRef;
  /** What a person can act on, to be read after `Kind namespace/name: ` where there is a ref: `is deleted, and the data on its volume goes too`. */
  readonly message: string;
  /** `spec.template.spec.containers[web].securityContext.privileged` */
  readonly fields?: readonly string[];
  readonly origin?: Origin;
}
/** `from` absent: new; `to` absent: gone. */
export interface ImageChange {
  /** Without tag and digest. */
  readonly image: string;
  readonly from?: string;
  readonly to?: string;
  /** The first number of the version rises. */
  readonly major: boolean;
  readonly usedBy: readonly ObjectRef[];
}
