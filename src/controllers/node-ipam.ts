import type { ObjectKey } from '../api/object.ts';
import { Node } from '../api/kinds.generated.ts';
import { errorText } from '../base/log.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { RangeSet, type RangeOptions } from './nodes/ranges.ts';

interface Loop {
  readonly context: Context;
  readonly ranges: RangeSet;
  /** Nodes that found no range left, first come first. */
  readonly waiting: Set<string>;
}

/** Gives each node a range of addresses of its own, out of the cluster's: `10.244.0.0/24` and those that follow it. */
export function createNodeIpam(options: RangeOptions = {}): Controller {
  return {
    name: 'node-ipam',
    identity: 'node-controller',
    reconciles: Node,
    concurrency: 8,
    start(context) {
      const loop: Loop = { context, ranges: new RangeSet(options), waiting: new Set() };
      context.informer(Node).onChange((node, previous) => {
        // A node of the same name keeps what it has only by what it says.
        if (node === undefined || (previous !== undefined && node.metadata.uid !== previous.metadata.uid)) release(loop, previous);
        for (const range of rangesOf(node)) loop.ranges.occupy(range, node?.metadata.name ?? '');
      });
      return (key) => reconcile(loop, key);
    },
  };
}

export const nodeIpam: Controller = createNodeIpam();

function rangesOf(node: Readonly<Node> | undefined): readonly string[] {
  const { podCIDRs, podCIDR } = node?.spec ?? {};
  return podCIDRs ?? (podCIDR === undefined || podCIDR === '' ? [] : [podCIDR]);
}

function release({ context, ranges, waiting }: Loop, node: Readonly<Node> | undefined): void {
  if (node === undefined) return;
  ranges.release(node.metadata.name);
  waiting.delete(node.metadata.name);
  const [next] = waiting;
  if (next !== undefined) context.enqueue({ namespace: '', name: next });
}

async function reconcile({ context, ranges, waiting }: Loop, key: ObjectKey): Promise<Result> {
  const node = context.informer(Node).get(key);
  if (node === undefined || rangesOf(node).length > 0) return void waiting.delete(key.name);
  const range = ranges.allocate(key.name);
  if (range === undefined) {
    if (!waiting.has(key.name)) tell(context, node, 'CIDRNotAvailable');
    waiting.add(key.name);
    return;
  }
  waiting.delete(key.name);
  try {
    const { uid } = node.metadata;
    await context.cluster.patch(Node, key, { metadata: { uid }, spec: { podCIDR: range, podCIDRs: [range] } });
  } catch (error) {
    // It stays reserved for the node: the answer may only have been lost.
    tell(context, node, 'CIDRAssignmentFailed');
    context.log.warn('a node could not be given its range', { node: key.name, range, error: errorText(error) });
    throw error;
  }
}

function tell(context: Context, node: Readonly<Node>, reason: string): void {
  context.event(node, 'Normal', reason, `Node ${node.metadata.name} status is now: ${reason}`);
}
