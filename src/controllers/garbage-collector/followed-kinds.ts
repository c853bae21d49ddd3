import type { Kind, KubeObject } from '../../api/object.ts';
import type { Context, Informer } from '../../reconcile/controller.ts';
import { startInformer } from '../../reconcile/informer.ts';
import { idOf } from '../kinds/served-kinds.ts';
import type { OwnerGraph } from './owner-graph.ts';

interface Followed {
  readonly kind: Kind;
  readonly informer: Informer;
  readonly since: number;
  stop(): void;
}
/** A kind that cannot be listed for so long holds up the others no longer. */
const patienceMs = 30_000;

/** Feeds the graph from one informer for each kind, shared for built-in kinds, its own for custom ones, which come and go. */
export class FollowedKinds {
  readonly #context: Context;
  readonly #graph: OwnerGraph;
  readonly #followed = new Map<string, Followed>();

  constructor(context: Context, graph: OwnerGraph) {
    this.#context = context;
    this.#graph = graph;
  }

  kindOf(id: string): Kind | undefined {
    return this.#followed.get(id)?.kind;
  }

  /** True when the graph shows what there was when its kinds were begun. */
  get complete(): boolean {
    const now = this.#context.clock.now();
    return [...this.#followed.values()].every((each) => each.informer.hasSynced || now - each.since >= patienceMs);
  }

  follow(kind: Kind, options: { shared: boolean }): void {
    const known = this.#followed.get(idOf(kind));
    if (known !== undefined && sameKind(known.kind, kind)) return;
    known?.stop();
    const { informer, stop } = options.shared ? this.#shared(kind) : this.#own(kind);
    const listening = informer.onChange((object, previous) => {
      if (object !== undefined) this.#graph.observe(kind, object);
      else if (previous !== undefined) this.#graph.remove(previous.metadata.uid ?? '');
    });
    const end = (): void => {
      listening[Symbol.dispose]();
      stop();
    };
    void informer.synced.then(() => this.#graph.touchVirtual(idOf(kind)));
    this.#followed.set(idOf(kind), { kind, informer, since: this.#context.clock.now(), stop: end });
  }

  /** The resource is no longer served, and so its objects are gone. */
  unfollowResource(group: string, plural: string): void {
    const found = [...this.#followed].find(([, { kind }]) => kind.group === group && kind.plural === plural);
    if (found === undefined) return;
    const [id, known] = found;
    this.#followed.delete(id);
    known.stop();
    for (const object of known.informer.list()) this.#graph.remove(object.metadata.uid ?? '');
  }

  #shared(kind: Kind): { informer: Informer; stop: () => void } {
    return { informer: this.#context.informer(kind), stop: () => undefined };
  }

  #own(kind: Kind): { informer: Informer<KubeObject>; stop: () => void } {
    const { cluster, clock, random, log, signal } = this.#context;
    const life = new AbortController();
    const abort = (): void => life.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const { informer } = startInformer(kind, { cluster, clock, random, log, signal: life.signal });
    return {
      informer,
      stop: () => {
        signal.removeEventListener('abort', abort);
        life.abort(new Error(`${kind.kind} is no longer followed`));
      },
    };
  }
}

function sameKind(a: Kind, b: Kind): boolean {
  return a.version === b.version && a.plural === b.plural && a.namespaced === b.namespaced;
}
