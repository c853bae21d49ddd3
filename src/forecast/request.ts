import type { KubeObject, ObjectKey } from '../api/object.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { NodeDescription } from '../agent/node.ts';
import type { ManifestLike } from '../gitops/desired.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import type { Around } from './around.ts';

/** One application at both revisions, rendered. Without a base it is new, without a head it goes. */
export interface ForecastApplication {
  readonly application: ObjectKey;
  /** Of objects that name none. */
  readonly namespace: string;
  readonly base: readonly ManifestLike[];
  readonly head: readonly ManifestLike[];
  /** Applications that must be healthy before. */
  readonly dependsOn?: readonly ObjectKey[];
  /** True by default. */
  readonly prune?: boolean;
}

/** How long a container takes from its launch until it answers its probes, or until it runs where it has none. */
export interface Startup {
  readonly defaultMs: number;
  /** By image, with or without tag: `registry.example/web` or `registry.example/web:2`. The first that fits counts. */
  readonly images: readonly { readonly image: string; readonly ms: number }[];
}

export interface ForecastRequest {
  readonly applications: readonly ForecastApplication[];
  /** What stands around them and no application brings: quotas, classes, policies of the cluster. */
  readonly surroundings?: readonly KubeObject[];
  /** What a live cluster was seen to have around them; `nodes` must be its own. */
  readonly around?: Omit<Around, 'nodes'>;
  /** Absent: three nodes with room for everything. */
  readonly nodes?: readonly NodeDescription[];
  /** Default 2 s for every image. */
  readonly startup?: Startup;
  /** How much simulated time it may take; default 15 minutes. */
  readonly horizonMs?: number;
  /** When the simulated time begins, in milliseconds since the epoch. */
  readonly startMs: number;
  readonly random: Random;
  readonly log: Log;
  readonly kinds: readonly ResourceKind[];
  readonly signal?: AbortSignal;
  /** Where there is room for everything, of Deployments that behave alike one is simulated for all: `each` simulates them all. */
  readonly simulate?: 'sorts' | 'each';
}

export const defaultStartup: Startup = { defaultMs: 2_000, images: [] };
export const defaultHorizonMs = 15 * 60_000;
