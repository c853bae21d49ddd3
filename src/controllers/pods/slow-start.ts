/** More at once only wait for one another (take-turns.ts), each with its request in hand. */
const largestBatch = 64;

/**
 * Calls `work` up to `count` times in batches of 1, 2, 4 ..., each batch at once, and stops after the first batch with a failure: so that
 * what can never succeed (quota, admission) costs the API server a few calls and not hundreds. As kube-controller-manager's slowStartBatch.
 */
export async function slowStart(
  count: number,
  work: (index: number) => Promise<void>,
  firstBatch = 1,
): Promise<{ readonly succeeded: number; readonly failures: readonly Error[] }> {
  let succeeded = 0;
  for (let batch = Math.min(count, firstBatch); batch > 0; batch = Math.min(2 * batch, largestBatch, count - succeeded)) {
    const from = succeeded;
    const failures = await together(Array.from({ length: batch }, (_, index) => () => work(from + index)));
    succeeded += batch - failures.length;
    if (failures.length > 0) return { succeeded, failures };
  }
  return { succeeded, failures: [] };
}

/** Runs all at once and answers what they threw, in order. */
export async function together(work: readonly (() => Promise<void>)[]): Promise<readonly Error[]> {
  const settled = await Promise.allSettled(work.map((each) => each()));
  return settled.flatMap((result) => (result.status === 'rejected' ? [asError(result.reason)] : []));
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
