import type { Verdict } from './plugin.ts';
import type { Refusal } from './schedule.ts';

const notChosen = "node(s) didn't satisfy plugin(s) [NodeAffinity]";

/**
 * The message of a pod that fits nowhere, as kube-scheduler writes it:
 * `0/3 nodes are available: 1 Insufficient cpu, 2 ... preemption: 0/3 nodes are available: ...`
 */
export function unschedulableMessage(nodes: number, refusal: Refusal, preemption?: string): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const { refused, verdicts, passedOver } = refusal;
  const why = refused === undefined ? reasonsText(verdicts, { reason: notChosen, nodes: passedOver }) : ` ${refused.reasons.join(', ')}.`;
  return `0/${nodes} nodes are available:${why}${preemption === undefined ? '' : ` preemption: ${preemption}`}`;
}

/** ` 1 Insufficient cpu, 2 Too many pods.`, sorted as text; nothing where there is no reason. */
export function reasonsText(verdicts: ReadonlyMap<Verdict, number>, rest: { readonly reason: string; readonly nodes: number }): string {
  const counts = new Map<string, number>();
  for (const [{ reasons }, nodes] of verdicts) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + nodes);
  if (rest.nodes > 0) counts.set(rest.reason, (counts.get(rest.reason) ?? 0) + rest.nodes);
  const counted = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return counted.length === 0 ? '' : ` ${counted.join(', ')}.`;
}
