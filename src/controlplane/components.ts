import { setMaxListeners } from 'node:events';
import type { Transport } from '../api/http.ts';
import type { User } from '../apiserver/context.ts';
import type { Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Connection } from '../client/connect.ts';
import { componentOf, identityOf, type Controller } from '../reconcile/controller.ts';
import type { EventSender } from '../reconcile/event-sender.ts';
import { startInformers, type Informers } from '../reconcile/informers.ts';
import { runController, type Surroundings } from '../reconcile/run-controller.ts';
import { runServiceProxy, type ServiceProxyOptions } from '../proxy/proxy.ts';
import { defaultConfiguration, type SchedulerConfiguration } from '../scheduler/configuration.ts';
import { runScheduler } from '../scheduler/scheduler.ts';
import { controllerUser, proxyUser, schedulerUser } from './identities.ts';

export interface ComponentOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** `through` stands between the component and the API server. */
  clusterOf(user: User, agent: string, through?: (handle: Transport) => Transport): Connection;
  readonly events: EventSender;
  /** Whose lists and watches all components share. */
  readonly readAs: User;
}

/** What runs beside the API server: each with a cluster and a recorder of its own identity, all on one set of informers. */
export class Components {
  readonly #options: ComponentOptions;
  readonly #stopping = new AbortController();
  readonly #informers: Informers;
  readonly #running: Promise<void>[] = [];

  constructor(options: ComponentOptions) {
    this.#options = options;
    // Every component listens to it.
    setMaxListeners(0, this.#stopping.signal);
    const { clock, random, log } = options;
    this.#informers = startInformers({ cluster: options.clusterOf(options.readAs, 'kube-controller-manager'), clock, random, log });
  }

  /** `user`: by default that of the controller's identity. */
  runController(controller: Controller, user?: User): void {
    const agent = user === undefined ? 'kube-controller-manager' : user.name;
    const component = user === undefined ? componentOf(controller) : (controller.component ?? user.name);
    const surroundings = this.#surroundings(user ?? controllerUser(identityOf(controller)), agent, component);
    void this.#follow(controller.name, runController(controller, surroundings));
  }

  /** Events of a pod come from the scheduler that it names. */
  runScheduler(configuration: SchedulerConfiguration = defaultConfiguration): void {
    const names = configuration.profiles.map(({ schedulerName }) => schedulerName);
    const each = names.map((name) => [name, this.#surroundings(schedulerUser, 'kube-scheduler', name)] as const);
    const recorders = new Map(each.map(([name, { recorder }]) => [name, recorder]));
    const [first] = each;
    if (first === undefined) throw new Error('a scheduler needs a profile');
    void this.#follow('scheduler', runScheduler({ ...first[1], configuration, recorders }));
  }

  /** Answers what ends it, and waits for it, before the rest. */
  runProxy(options: Omit<ServiceProxyOptions, keyof Surroundings>): () => Promise<void> {
    const ending = new AbortController();
    const surroundings = this.#surroundings(proxyUser, 'kube-proxy', 'kube-proxy');
    const signal = AbortSignal.any([ending.signal, surroundings.signal]);
    const running = this.#follow('proxy', runServiceProxy({ ...surroundings, ...options, signal }));
    return () => {
      ending.abort(new Error('the proxy stops'));
      return running;
    };
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the control plane stops'));
    await Promise.all(this.#running);
    await this.#informers.stop();
  }

  #surroundings(user: User, agent: string, component: string): Surroundings {
    const { clock, random, log } = this.#options;
    const { signal } = this.#stopping;
    const cluster = this.#options.clusterOf(user, agent);
    const recorder = this.#options.events.recorder({ cluster, signal, component });
    return { cluster, clock, random, log, signal, informers: this.#informers, recorder };
  }

  #follow(name: string, run: Promise<void>): Promise<void> {
    const { log } = this.#options;
    const running = run.catch((error: unknown) => log.error('a component has ended', { component: name, error: errorText(error) }));
    this.#running.push(running);
    return running;
  }
}
