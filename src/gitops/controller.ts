import { Application, ApplicationRevision, Pod } from '../api/kinds.generated.ts';
import type { Cluster } from '../client/cluster.ts';
import type { Context, Controller } from '../reconcile/controller.ts';
import type { HealthOptions } from './health/index.ts';
import { applicationReconcile } from './application/reconcile.ts';
import { Registry } from './application/tracked.ts';
import type { Validate } from './reading.ts';
import { cachedReader, Shapes, WrittenObjects } from './live.ts';
import type { Renderer } from './renderer.ts';
import type { Sources } from './source.ts';

export interface GitOpsOptions {
  readonly sources: Sources;
  readonly renderers: readonly Renderer[];
  readonly validate: Validate;
  /** Who applies; default: the cluster of the controller's context. */
  readonly target?: Cluster;
  /** What the cluster gives addresses to; default nothing, so that none is waited for. */
  readonly provides?: HealthOptions['provides'];
  /** How long changes of objects are gathered before an application is looked at again; default not at all. */
  readonly gatherMs?: number;
}

/** The controllers of the GitOps engine. */
export function gitopsControllers(options: GitOpsOptions): readonly Controller[] {
  return [applicationController(options)];
}

/** Keeps each Application true to its source. */
export function applicationController(options: GitOpsOptions): Controller {
  return {
    name: 'application',
    reconciles: Application,
    watches: [
      { kind: ApplicationRevision, keysFor: () => [] },
      { kind: Pod, keysFor: () => [] },
    ],
    concurrency: 16,
    start(context: Context) {
      const cluster = options.target ?? context.cluster;
      const written = new WrittenObjects();
      const registry = new Registry({ context, sources: options.sources, written, gatherMs: options.gatherMs ?? 0 });
      return applicationReconcile({
        context,
        store: context.cluster,
        target: {
          cluster,
          live: cachedReader((kind) => context.informer(kind, { managedFields: true }), written, context.signal),
          shapes: new Shapes(cluster),
        },
        reading: { sources: options.sources, renderers: options.renderers, validate: options.validate, cluster, signal: context.signal },
        registry,
        written,
        provides: options.provides ?? {},
      });
    },
  };
}
