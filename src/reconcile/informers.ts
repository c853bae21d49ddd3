import { setMaxListeners } from 'node:events';
import { apiVersionOf, type Kind, type KubeObject } from '../api/object.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Reader } from '../client/cluster.ts';
import type { Informer, InformerScope } from './controller.ts';
import { startInformer } from './informer.ts';

/** The informers of one process, one per kind and scope, each started when it is first asked for. */
export interface Informers {
  informer<T extends KubeObject>(kind: Kind<T>, scope?: InformerScope): Informer<T>;
  /** Ends them all and resolves when none has a call under way. */
  stop(): Promise<void>;
}

/** `cluster` is whose identity lists and watches. */
export function startInformers(options: { cluster: Reader; clock: Clock; random: Random; log: Log }): Informers {
  const stopping = new AbortController();
  // Every informer listens to it.
  setMaxListeners(0, stopping.signal);
  const running = new Map<string, { informer: Informer<never>; done: Promise<void> }>();
  /** Most calls name a kind by its token and no scope: those cost one look-up. */
  const whole = new Map<Kind, Informer<never>>();
  const start = <T extends KubeObject>(kind: Kind<T>, scope: InformerScope): Informer<T> => {
    const { namespace = '', fieldSelector = '', labelSelector = '', managedFields = false } = scope;
    const id = JSON.stringify([apiVersionOf(kind), kind.kind, namespace, fieldSelector, labelSelector, managedFields]);
    // The map's key names the kind, so the informer under it is one of T.
    const known = running.get(id)?.informer as Informer<T> | undefined;
    if (known !== undefined) return known;
    const started = startInformer(kind, { ...options, scope, signal: stopping.signal });
    running.set(id, started as unknown as { informer: Informer<never>; done: Promise<void> });
    return started.informer;
  };
  return {
    informer<T extends KubeObject>(kind: Kind<T>, scope?: InformerScope): Informer<T> {
      if (scope !== undefined) return start(kind, scope);
      const known = whole.get(kind) as Informer<T> | undefined;
      if (known !== undefined) return known;
      const informer = start(kind, {});
      whole.set(kind, informer as unknown as Informer<never>);
      return informer;
    },
    async stop() {
      stopping.abort(new Error('the informers have been stopped'));
      await Promise.all([...running.values()].map((each) => each.done));
    },
  };
}
