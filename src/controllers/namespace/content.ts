import { keyOf, type Kind, type KubeObject } from '../../api/object.ts';
import { Pod } from '../../api/kinds.generated.ts';
import { isConflict, isNotFound, StatusError } from '../../api/status.ts';
import { errorText } from '../../base/log.ts';
import type { Context } from '../../reconcile/controller.ts';
import { isPodFinished } from '../pods/pod-state.ts';
import { together } from '../pods/slow-start.ts';

/** What is left of a namespace after everything in it was asked to go. */
export interface Leftovers {
  /** How many of each kind, as messages name it: `pods.`, `deployments.apps`. */
  readonly remaining: Map<string, number>;
  readonly finalizers: Map<string, number>;
  readonly errors: string[];
  /** Seconds that this may still take. */
  estimateSeconds: number;
}

/** As upstream: what finalizers hold up is looked at again after some time. */
const finalizerSeconds = 15;
const atOnce = 32;

/** Deletes all objects of the kinds; pods first, and the others only when no pod is left. */
export async function deleteContent(
  context: Context,
  kinds: readonly Kind[],
  namespace: { name: string; deletedAt: number },
): Promise<Leftovers> {
  const left: Leftovers = { remaining: new Map(), finalizers: new Map(), errors: [], estimateSeconds: 0 };
  const pods = kinds.filter(isPods);
  for (const kind of pods) await deleteKind(context, kind, { namespace, left });
  if (left.remaining.size > 0) return left;
  for (const kind of kinds) if (!isPods(kind)) await deleteKind(context, kind, { namespace, left });
  return left;
}

function isPods(kind: Kind): boolean {
  return kind.group === Pod.group && kind.kind === Pod.kind;
}

async function deleteKind(
  context: Context,
  kind: Kind,
  { namespace, left }: { namespace: { name: string; deletedAt: number }; left: Leftovers },
): Promise<void> {
  try {
    const before = await listAll(context, kind, namespace.name);
    if (before.length === 0) return;
    await deleteEach(context, kind, before);
    const after = await listAll(context, kind, namespace.name);
    if (after.length > 0) note(context, kind, { objects: after, namespace, left });
  } catch (error) {
    // The kind is no longer served, or cannot be listed: it has no content.
    if (isNotFound(error) || (error instanceof StatusError && error.reason === 'MethodNotAllowed')) return;
    left.errors.push(errorText(error));
  }
}

async function listAll(context: Context, kind: Kind, namespace: string): Promise<readonly Readonly<KubeObject>[]> {
  const out: Readonly<KubeObject>[] = [];
  for (let page = await context.cluster.list(kind, { namespace, limit: 500 }); ;) {
    out.push(...page.items);
    if (page.continue === undefined || page.continue === '') return out;
    page = await context.cluster.list(kind, { namespace, limit: 500, continue: page.continue });
  }
}

async function deleteEach(context: Context, kind: Kind, objects: readonly Readonly<KubeObject>[]): Promise<void> {
  const going = objects.filter((object) => object.metadata.deletionTimestamp === undefined);
  for (let from = 0; from < going.length; from += atOnce) {
    const batch = going.slice(from, from + atOnce).map((object) => async () => {
      try {
        await context.cluster.delete(kind, keyOf(object), { propagation: 'Background', uid: object.metadata.uid ?? '' });
      } catch (error) {
        // It went by itself, or there is a new one of that name, which the next list shows.
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
    });
    const [failure] = await together(batch);
    if (failure !== undefined) throw failure;
  }
}

function note(
  context: Context,
  kind: Kind,
  found: { objects: readonly Readonly<KubeObject>[]; namespace: { name: string; deletedAt: number }; left: Leftovers },
): void {
  const { objects, namespace, left } = found;
  left.remaining.set(`${kind.plural}.${kind.group}`, objects.length);
  let held = false;
  for (const finalizer of objects.flatMap((object) => object.metadata.finalizers ?? [])) {
    held = true;
    left.finalizers.set(finalizer, (left.finalizers.get(finalizer) ?? 0) + 1);
  }
  const grace = isPods(kind) ? graceSeconds(objects as readonly Readonly<Pod>[]) : 0;
  const within = context.clock.now() - namespace.deletedAt < grace * 1000;
  const estimate = within ? grace : held ? finalizerSeconds : 0;
  left.estimateSeconds = Math.max(left.estimateSeconds, estimate);
  if (estimate === 0) {
    left.errors.push(
      `unexpected items still remain in namespace: ${namespace.name} for gvr: ${kind.group}/${kind.version}, Resource=${kind.plural}`,
    );
  }
}

function graceSeconds(pods: readonly Readonly<Pod>[]): number {
  const running = pods.filter((pod) => !isPodFinished(pod));
  return running.reduce((most, pod) => Math.max(most, pod.spec.terminationGracePeriodSeconds ?? 30), 0);
}
