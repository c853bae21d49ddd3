import type { ObjectRef } from './object.ts';
import type { Caution } from './review.ts';

/** What a merge will do to what runs, told by the same controllers and scheduler in simulated time. Times are milliseconds after the first write. */
export interface Forecast {
  readonly apiVersion: 'steersman.dev/v1';
  readonly kind: 'Forecast';
  /** `rest`: nothing moves any more; `horizon`: something still did when the time was over. */
  readonly ended: 'rest' | 'horizon';
  /** From the first write until rest, or the horizon. */
  readonly durationMs: number;
  /** What the times rest on, for people: `nodes: 3 of 4 cpu, 16Gi`, `an image starts in 2 s`. */
  readonly assumptions: readonly string[];
  readonly coverage: {
    /** Objects that the merge changes. */
    readonly changed: number;
    readonly judged: number;
    readonly notJudged: readonly { readonly ref: ObjectRef; readonly why: string }[];
  };
  /** In the order in which they begin. */
  readonly rollouts: readonly Rollout[];
  /** What breaks or may break on the way; blockers first. */
  readonly findings: readonly Caution[];
}
/** One workload whose pods come, go or are replaced. */
export interface Rollout {
  readonly workload: ObjectRef;
  readonly kind: 'starts' | 'restarts' | 'scales' | 'ends';
  /** Why: the fields of the template, or what is mounted or read. */
  readonly because: readonly { readonly what: 'field' | 'ConfigMap' | 'Secret' | 'replicas' | 'removed' | 'new'; readonly name: string }[];
  /** Pods that end on the way. */
  readonly ended: number;
  /** Pods that start on the way. */
  readonly started: number;
  readonly startMs: number;
  /** Absent: it had not finished. */
  readonly endMs?: number;
  /** Wanted at the end. */
  readonly desired: number;
  /** The moment with the fewest available pods since the first write; 0 of a workload that starts. */
  readonly worst: { readonly available: number; readonly atMs: number };
  /** The most pods at one time. */
  readonly mostPods: number;
  /** Why it does not finish, in Kubernetes' words: `ProgressDeadlineExceeded`, `FailedCreate: exceeded quota: …`, `Unschedulable: 0/3 nodes are available: …`. */
  readonly stuck?: { readonly reason: string; readonly message: string };
  /** Only where it changes. */
  readonly timeline: readonly { readonly atMs: number; readonly updated: number; readonly available: number; readonly total: number }[];
}
