import type { Transport } from '../api/http.ts';
import { StatusError } from '../api/status.ts';
import type { Clock } from '../base/clock.ts';
import { isRecord } from '../base/json.ts';
import { errorText, type Log } from '../base/log.ts';

/** The part of a node's summary (agent/stats/summary.ts, as of a kubelet) that is read here. */
export interface Usage {
  readonly cpu?: { readonly time?: string; readonly usageNanoCores?: number };
  readonly memory?: { readonly workingSetBytes?: number };
  readonly windowMs?: number;
}
export interface Summary {
  readonly node: Usage;
  readonly pods: readonly (Usage & {
    readonly podRef: { readonly namespace: string; readonly name: string };
    readonly containers?: readonly (Usage & { readonly name: string })[];
  })[];
}

/** What nodes say of themselves is good for so long: many autoscalers ask a node once. A metrics-server asks every 15 s. */
const freshMs = 5_000;

/** What the agents of nodes measure, asked for when somebody wants to know. */
export class NodeSummaries {
  readonly #options: { readonly reachNode: (node: string) => Transport; readonly clock: Clock; readonly log: Log };
  readonly #kept = new Map<string, { readonly atMs: number; readonly summary: Promise<Summary | undefined> }>();

  constructor(options: { readonly reachNode: (node: string) => Transport; readonly clock: Clock; readonly log: Log }) {
    this.#options = options;
  }

  /** Undefined for a node that cannot be asked now: it is left out, as metrics-server does. */
  of(node: string): Promise<Summary | undefined> {
    const now = this.#options.clock.now();
    for (const [name, { atMs }] of this.#kept) if (now - atMs >= freshMs) this.#kept.delete(name);
    const kept = this.#kept.get(node);
    if (kept !== undefined) return kept.summary;
    const summary = this.#ask(node);
    this.#kept.set(node, { atMs: now, summary });
    return summary;
  }

  async #ask(node: string): Promise<Summary | undefined> {
    const { reachNode, log } = this.#options;
    try {
      const answer = await reachNode(node)({ method: 'GET', path: '/stats/summary', query: '', headers: {}, wantsObject: true });
      if (answer.status !== 200) return undefined;
      const summary = answer.object ?? (JSON.parse(Buffer.from(answer.body as Uint8Array).toString()) as unknown);
      return isRecord(summary) ? (summary as unknown as Summary) : undefined;
    } catch (error) {
      if (error instanceof StatusError) return undefined;
      log.debug('a node could not be measured', { node, error: errorText(error) });
      return undefined;
    }
  }
}
