import type { ObjectKey, ObjectRef } from './object.ts';
import type { Origin } from './plan.ts';
import type { Caution } from './review.ts';

/** What the last merges of a branch did to what runs: `steer replay`. Holds no secret value. */
export interface Replay {
  readonly apiVersion: 'steersman.dev/v1';
  readonly kind: 'Replay';
  /** Without credentials. */
  readonly repo: string;
  /** What was asked for: a branch, tag or commit. */
  readonly revision: string;
  /** What each step is: a merge of the branch, or where it has none (squashed, rebased), a commit. */
  readonly steps: 'merges' | 'commits';
  /** Whose rules judged: `embedded 1.35`. */
  readonly judgedBy: string;
  /** Newest first. */
  readonly merges: readonly ReplayedMerge[];
  /** What the newest of them holds, for people. */
  readonly found: readonly string[];
  /** What was not understood in the newest, with the place where that can be told. */
  readonly notUnderstood: readonly { readonly path: string; readonly line?: number; readonly message: string }[];
  /** What kept applications from being judged at merge after merge, once each. */
  readonly unjudged: readonly Unjudged[];
  /** What was so at merge after merge, and is told once here and where it began. */
  readonly standing: readonly { readonly fact: ReplayedFact; readonly merges: number }[];
  /** Why there are fewer merges than asked for; absent where there are as many. */
  readonly short?: string;
  /** Milliseconds in all. */
  readonly tookMs: number;
}
export interface Unjudged {
  readonly message: string;
  /** By name. */
  readonly applications: readonly string[];
  /** How many of the merges it kept from being judged in whole. */
  readonly merges: number;
}
/** One merge against its first parent. */
export interface ReplayedMerge {
  readonly commit: string;
  readonly base: string;
  readonly subject: string;
  readonly author: string;
  readonly committedAt: string;
  /** Names of those that change, come or go. */
  readonly applications: readonly string[];
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
  /** Objects that the text touches and that stay what they are. */
  readonly hidden: number;
  readonly restarted: readonly ReplayedRestart[];
  /** What the server would have refused. */
  readonly refused: readonly ReplayedFact[];
  /** Data that went with it. */
  readonly lost: readonly ReplayedFact[];
  /** What it did and the text of the merge does not show. */
  readonly unseen: readonly ReplayedFact[];
  /** What the text shows to who looks for it: powers, scale, images. */
  readonly noted: readonly ReplayedFact[];
  /** Applications that could not be judged, by name. */
  readonly unjudged: readonly string[];
  /** How many of the changed objects the forecast could judge; absent where there was nothing to forecast. */
  readonly coverage?: { readonly changed: number; readonly judged: number };
}
export interface ReplayedRestart {
  readonly workload: ObjectRef;
  /** The fields of the template, or what is mounted or read: `image of web`, `ConfigMap web`. */
  readonly because: readonly string[];
  /** How few pods answered on the way, of how many. */
  readonly worst: number;
  readonly desired: number;
  /** Absent: it had not finished. */
  readonly tookMs?: number;
  readonly stuck?: string;
}
/** One thing about one object or application, or about the same in several clusters. */
export interface ReplayedFact {
  /** `deletes-data`, `refused`, `no-pods`, …: what found it. */
  readonly rule: Caution['rule'];
  readonly ref?: ObjectRef;
  readonly application?: ObjectKey;
  /** Where several say the same: how many; default 1. */
  readonly count?: number;
  /** To be read after `Kind namespace/name: `, or after the application's name, where there is one. */
  readonly message: string;
  readonly origin?: Origin;
}
