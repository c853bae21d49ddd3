import { refText } from '../api/object.ts';
import type { LiveHealth } from '../api/review.ts';
import type { Desired } from '../gitops/desired.ts';
import { healthOf, worstHealth } from '../gitops/health/index.ts';
import type { LiveReader } from '../gitops/live.ts';
import type { kindLookup } from '../gitops/reading.ts';

/** Looked at until the merge, in the cluster: the worst of the objects that the base asks for. What a hook makes comes and goes. */
export async function healthNow(
  items: readonly Desired[],
  around: { readonly live: LiveReader; readonly kindOf: ReturnType<typeof kindLookup>; readonly nowMs: number },
): Promise<LiveHealth> {
  const { live, kindOf, nowMs } = around;
  const found: LiveHealth[] = [];
  for (const { object, ref, phase } of items) {
    if (phase !== 'Sync') continue;
    const kind = await kindOf(object);
    const there = kind === undefined ? undefined : await live.get(kind, ref);
    const about = refText(ref);
    if (there === undefined) found.push({ status: 'Missing', message: `${about}: is not there` });
    else {
      const { status, message } = healthOf(there, { nowMs });
      found.push(message === '' ? { status } : { status, message: `${about}: ${message}` });
    }
  }
  const status = worstHealth(found.map((one) => one.status));
  const worst = found.find((one) => one.status === status);
  return status === 'Healthy' || worst?.message === undefined ? { status } : { status, message: worst.message };
}
