import type { Application, ApplicationRevision } from '../../api/kinds.generated.ts';
import type { Cluster } from '../../client/cluster.ts';
import type { Context } from '../../reconcile/controller.ts';
import type { HealthOptions } from '../health/index.ts';
import type { Target } from '../inspect.ts';
import type { WrittenObjects } from '../live.ts';
import type { Reading } from '../reading.ts';
import type { Settings } from './settings.ts';
import type { Registry, Tracked } from './tracked.ts';

/** What all applications of a controller share. */
export interface Surroundings {
  readonly context: Context;
  /** Where Applications and their history live. */
  readonly store: Cluster;
  readonly target: Target;
  readonly reading: Reading;
  readonly registry: Registry;
  readonly written: WrittenObjects;
  readonly provides: NonNullable<HealthOptions['provides']>;
}
/** One Application at the beginning of a pass. */
export interface Subject {
  readonly application: Readonly<Application>;
  readonly settings: Settings;
  readonly tracked: Tracked;
  /** Rising by number. */
  readonly revisions: readonly Readonly<ApplicationRevision>[];
}
