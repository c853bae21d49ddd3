import { join } from 'node:path';
import type { Transport } from '../api/http.ts';
import { Pod } from '../api/kinds.generated.ts';
import { isPassing } from '../api/status.ts';
import { startAgent, type Agent, type AgentOptions } from '../agent/agent.ts';
import type { NodeDescription } from '../agent/node.ts';
import type { Runtime } from '../agent/runtime.ts';
import { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Connection } from '../client/connect.ts';
import { issueTokenBy } from './pod-tokens.ts';
import { unreachable } from './unreachable.ts';
import type { EventSender } from '../reconcile/event-sender.ts';
import { startInformers } from '../reconcile/informers.ts';

/** One node that runs in this process. */
export interface NodeSetup {
  readonly description: NodeDescription;
  readonly runtime: Runtime;
}
export interface NodeOptions {
  readonly cluster: Connection;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly events: EventSender;
  /** Folder of container logs; a folder per node in it. */
  readonly logs: string;
  /** Folder of the volumes of pods. */
  readonly pods: string;
}

/**
 * What a node of the simulated runtime says it has: nothing is really used, so it is large, and the same on every machine.
 */
export function simulatedNode(name: string, more: Partial<NodeDescription> = {}): NodeDescription {
  const capacity = { cpu: '256', memory: '1Ti', 'ephemeral-storage': '10Ti', pods: '10000' };
  return {
    name,
    labels: {},
    capacity,
    allocatable: more.capacity ?? capacity,
    address: '127.0.0.1',
    info: { architecture: 'amd64', operatingSystem: 'linux', kernelVersion: 'simulated', osImage: 'Steersman', version: 'v1.35.0' },
    containerRuntime: 'simulated://1',
    ...more,
  };
}

/** The agents of this process, by the name of their node. */
export class Nodes {
  readonly #agents = new Map<string, { agent: Agent; stop(options: { endPods?: boolean }): Promise<void> }>();

  /** How the API server asks the agent of a node. */
  reach(node: string): Transport {
    const found = this.#agents.get(node);
    return found === undefined ? unreachable(node) : found.agent.handle;
  }

  /** Resolves when the node is registered. */
  async start(setup: NodeSetup, options: NodeOptions): Promise<void> {
    const { name } = setup.description;
    const { cluster, clock, random } = options;
    const ending = new AbortController();
    const log = options.log.with({ node: name });
    const informers = startInformers({ cluster, clock, random, log });
    const recorder = options.events.recorder({ cluster, signal: ending.signal, component: 'kubelet', host: name });
    const agent = await this.#untilRegistered(options, {
      node: setup.description,
      runtime: setup.runtime,
      cluster,
      clock,
      random,
      log,
      pods: informers.informer(Pod, { fieldSelector: `spec.nodeName=${name}` }),
      logDirectory: join(options.logs, name),
      podDirectory: options.pods,
      issueToken: issueTokenBy(cluster),
      event: (about, type, what) => recorder.event(about, type, what),
    });
    this.#agents.set(name, {
      agent,
      stop: async (how) => {
        await agent.stop();
        ending.abort(new Error('the node agent stops'));
        await informers.stop();
        await setup.runtime.close(how);
        if (how.endPods === true) await agent.sweep();
      },
    });
  }

  /** An API server that is busy, or starts at this moment, is asked again, as a kubelet does. */
  async #untilRegistered(options: NodeOptions, agent: AgentOptions): Promise<Agent> {
    const backoff = new Backoff({ firstMs: 200, maxMs: 7000 });
    for (;;) {
      try {
        return await startAgent(agent);
      } catch (error) {
        if (!isPassing(error)) throw error;
        options.log.debug('the node could not be registered, trying again', { node: agent.node.name, error: errorText(error) });
        await options.clock.sleep(backoff.nextMs(''));
      }
    }
  }

  async stop(options: { endPods?: boolean } = {}): Promise<void> {
    await Promise.all([...this.#agents.values()].map((each) => each.stop(options)));
    this.#agents.clear();
  }
}
