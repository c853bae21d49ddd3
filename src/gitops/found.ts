import type { ObjectKey } from '../api/object.ts';
import type { Origin } from '../api/plan.ts';
import type { ApplicationForm } from '../api/review.ts';
import type { RenderSettings, SourceProblem } from './renderer.ts';

/** One application that a tree holds, in whatever form it is written down. */
export interface FoundApplication {
  readonly application: ObjectKey;
  readonly form: ApplicationForm;
  /** The file that defines it; absent for a folder. */
  readonly origin?: Origin;
  /** Of its manifests, from the repository's root. */
  readonly path: string;
  /** Of objects that name none. */
  readonly namespace: string;
  readonly render: RenderSettings;
  /**
   * Where it goes, in words of the repository; '' where nothing tells clusters apart. Applications of different clusters never meet:
   * the same object in both is two objects.
   */
  readonly cluster: string;
  readonly prune: boolean;
  readonly suspended: boolean;
  readonly dependsOn: readonly ObjectKey[];
  /** Why it cannot be rendered from this tree: its source is another repository, a chart that no cache holds. */
  readonly elsewhere?: string;
}
/** What a tree holds. Applications in the order of their names. */
export interface Found {
  readonly applications: readonly FoundApplication[];
  /** For people: `3 Flux Kustomizations in clusters/production`. */
  readonly said: readonly string[];
  /** What looks like an application and was not understood. */
  readonly problems: readonly SourceProblem[];
}
