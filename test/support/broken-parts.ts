import { Pod } from '../../src/api/kinds.generated.ts';
import type { Transport } from '../../src/api/http.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { badRequest, isConflict, isPassing } from '../../src/api/status.ts';
import type { Runtime } from '../../src/agent/runtime.ts';
import type { Cluster } from '../../src/client/cluster.ts';
import type { MemorySource } from '../../src/gitops/sources/memory.ts';
import type { Artifact, Sources } from '../../src/gitops/source.ts';
import { ReconcileError, type Context, type Informer } from '../../src/reconcile/controller.ts';
import { misled, over } from '../controllers/parts/mutant.ts';

/** Takes a create without an answer for one that failed, so the next pass makes another pod. */
export const jobThatDoesNotAskAgain = misled('job', ({ cluster }) => ({
  cluster: over<Cluster>(cluster, {
    create: async (kind, object, options) => {
      try {
        return await cluster.create(kind, object, options);
      } catch (error) {
        throw isPassing(error) && kind.kind === 'Pod' ? badRequest('it failed') : error;
      }
    },
  }),
}));

/** Takes a refused create for a made one, and waits for it for ever. */
export const replicaSetThatBelieves = misled('replicaset', ({ cluster }) => ({
  cluster: over<Cluster>(cluster, {
    create: (kind, object, options) => cluster.create(kind, object, options).catch(() => object),
  }),
}));

/** Takes a write that was refused as stale for one that was made. */
export const jobThatShrugs = misled('job', ({ cluster }) => ({
  cluster: over<Cluster>(cluster, {
    update: async <T extends KubeObject>(...[kind, object, options]: Parameters<typeof cluster.update<T>>) => {
      try {
        return await cluster.update(kind, object, options);
      } catch (error) {
        if (isConflict(error)) return object;
        throw error;
      }
    },
    patch: async <T extends KubeObject>(...[kind, key, patch, options]: Parameters<typeof cluster.patch<T>>) => {
      try {
        return await cluster.patch(kind, key, patch, options);
      } catch (error) {
        if (isConflict(error)) return cluster.get(kind, key);
        throw error;
      }
    },
  }),
}));

/** Has no patience: what it has just written is forgotten at once, so that a stale cache looks like the truth. */
export const replicaSetWithoutExpectations = misled('replicaset', ({ clock }) => {
  let skew = 0;
  return { clock: over(clock, { now: () => clock.now() + (skew += 600_000) }) };
});

/** Knows only the pods that came in its own life. */
export const jobThatForgets = misled('job', (context) => {
  const before = new Set(
    context
      .informer(Pod)
      .list()
      .map((pod) => pod.metadata.uid),
  );
  const informer: Context['informer'] = (kind, scope) => {
    const real = context.informer(kind, scope);
    if (kind.kind !== Pod.kind) return real;
    const known = (object: Readonly<KubeObject>): boolean => !before.has(object.metadata.uid);
    const forgetful: Partial<Informer<never>> = {
      list: (filter) => real.list(filter).filter(known) as never[],
      ownedBy: (uid) => real.ownedBy(uid).filter(known) as never[],
    };
    return over(real, forgetful);
  };
  return { informer };
});

/** A client that takes a broken watch up where the server is now, and not where it was itself. */
export function resumeFromNow(handle: Transport): Transport {
  return (request) => {
    const query = new URLSearchParams(request.query);
    if (query.get('watch') === null || query.get('resourceVersion') === null) return handle(request);
    query.delete('resourceVersion');
    query.delete('resourceVersionMatch');
    query.delete('sendInitialEvents');
    return handle({ ...request, query: query.toString() });
  };
}

/** Gives what has arrived so far when a fetch breaks off: the first document of each file. */
export function tornFetch(real: MemorySource): Sources {
  let last: Artifact | undefined;
  return {
    resolve: async (spec, signal) => {
      try {
        return (last = await real.resolve(spec, signal));
      } catch (error) {
        if (last === undefined) throw error;
        return torn(last);
      }
    },
    at: (spec, commit, signal) => real.at(spec, commit, signal),
    watch: (spec, changed) => real.watch(spec, changed),
    close: () => real.close(),
  };
}
function torn(whole: Artifact): Artifact {
  return over(whole, {
    commit: `${whole.commit}-torn`,
    list: async (path) => (await insist(() => whole.list(path))).map((file) => ({ ...file, digest: `${file.digest}-torn` })),
    digest: async (path) => `${await insist(() => whole.digest(path))}-torn`,
    read: async (paths) => (await insist(() => whole.read(paths))).map(firstDocument),
  });
}
function firstDocument(file: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(file).toString().split('\n---\n')[0] ?? '');
}
/** What has arrived is there, whatever fails now. */
async function insist<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ReconcileError) || error.reason !== 'FetchFailed') throw error;
    }
  }
}

/** Waits for ever where a pull failed. */
export function runtimeThatHangs(real: Runtime): Runtime {
  return { ...real, pull: (image, options) => real.pull(image, options).catch(() => new Promise<never>(() => undefined)) };
}
