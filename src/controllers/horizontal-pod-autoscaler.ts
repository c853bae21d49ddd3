import { keyText, type ObjectKey } from '../api/object.ts';
import { HorizontalPodAutoscaler, Pod } from '../api/kinds.generated.ts';
import { errorText } from '../base/log.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { History } from './horizontal-pod-autoscaler/history.ts';
import { autoscale } from './horizontal-pod-autoscaler/pass.ts';
import { Selectors } from './horizontal-pod-autoscaler/selectors.ts';

/** So often each autoscaler looks at its metrics. */
const everyMs = 15_000;

interface Loop {
  readonly context: Context;
  readonly selectors: Selectors;
  readonly known: Map<string, { readonly history: History; nextMs: number }>;
}

/**
 * Sizes what has a scale by its metrics, every 15 seconds and not because of changes: what it reads comes from the metrics APIs, and
 * what it does goes through the scale of any kind. As kube-controller-manager's podautoscaler, with its arithmetic, conditions and events.
 */
export const horizontalPodAutoscaler: Controller = {
  name: 'horizontal-pod-autoscaler',
  identity: 'horizontal-pod-autoscaler',
  reconciles: HorizontalPodAutoscaler,
  // What it sizes by is asked for in time; pods are only looked up.
  watches: [{ kind: Pod, keysFor: () => [] }],
  concurrency: 5,
  start(context) {
    const loop: Loop = { context, selectors: new Selectors(), known: new Map() };
    return (key) => reconcile(loop, key);
  },
};

async function reconcile(loop: Loop, key: ObjectKey): Promise<Result> {
  const { context, selectors, known } = loop;
  const cached = context.informer(HorizontalPodAutoscaler).get(key);
  if (cached === undefined) {
    known.delete(keyText(key));
    selectors.forget(key);
    return;
  }
  const now = context.clock.now();
  const own = known.get(keyText(key)) ?? { history: new History(), nextMs: now + everyMs };
  known.set(keyText(key), own);
  if (now < own.nextMs) return { requeueAfterMs: own.nextMs - now, upkeep: true };
  own.nextMs = now + everyMs;
  try {
    await autoscale(context, cached, { history: own.history, selectors });
  } catch (error) {
    // It has been told in events and conditions, and the next pass is the next try.
    context.log.debug('an autoscaler could not do its work', { key: keyText(key), error: errorText(error) });
  }
  return { requeueAfterMs: everyMs, upkeep: true };
}
