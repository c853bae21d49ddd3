import type { ObjectKey } from '../api/object.ts';
import { Node } from '../api/kinds.generated.ts';
import { isNotFound } from '../api/status.ts';
import type { Context, Controller } from '../reconcile/controller.ts';

const annotation = 'node.alpha.kubernetes.io/ttl';
/** How long nodes may keep secrets and config maps, by how many nodes there are; the sizes overlap so that it does not flicker. */
const steps = [
  { fewest: 0, most: 100, seconds: 0 },
  { fewest: 90, most: 500, seconds: 15 },
  { fewest: 450, most: 1000, seconds: 30 },
  { fewest: 900, most: 2000, seconds: 60 },
  { fewest: 1800, most: Infinity, seconds: 300 },
] as const;

/** Tells kubelets in an annotation how long they may keep what they have read. Our own agent watches, and needs it not. */
export const ttl: Controller = {
  name: 'ttl',
  reconciles: Node,
  concurrency: 5,
  start(context) {
    let [count, step] = [0, 0];
    context.informer(Node).onChange((node, previous) => {
      if (node !== undefined && previous === undefined) count++;
      if (node === undefined) count--;
      while (count > (steps[step]?.most ?? Infinity)) step++;
      while (count < (steps[step]?.fewest ?? 0)) step--;
    });
    return (key) => annotate(context, key, String(steps[step]?.seconds ?? 0));
  },
};

async function annotate({ informer, cluster }: Context, key: ObjectKey, seconds: string): Promise<void> {
  const node = informer(Node).get(key);
  if (node === undefined || node.metadata.annotations?.[annotation] === seconds) return;
  try {
    await cluster.patch(Node, key, { metadata: { annotations: { [annotation]: seconds } } });
  } catch (error) {
    // It has gone.
    if (!isNotFound(error)) throw error;
  }
}
