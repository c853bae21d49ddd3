import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findKubectls, kubectlOn, type Kubectl } from './kubectl.ts';
import { startUp, type Up } from './steer-up.ts';

/** An embedded cluster whose pods are real processes, and a kubectl on it. */
export interface ProcessCluster {
  readonly kubectl: Kubectl;
  /** Of the present life. */
  readonly up: Up;
  /** `kubectl apply --server-side`. */
  apply(...objects: readonly object[]): Promise<void>;
  /** @throws Error with the objects of the namespace when it does not come within a minute */
  rolledOut(name: string): Promise<void>;
  /** Waits until the pod has its condition Ready. */
  ready(pod: string): Promise<PodRead>;
  pod(name: string): Promise<PodRead>;
  /** Those of a Deployment or other owner with the label `app`, that do not end. */
  podsOf(app: string): Promise<readonly PodRead[]>;
  /** Reasons and messages of the events on an object, oldest first. */
  eventsOf(name: string): Promise<readonly { readonly reason: string; readonly message: string; readonly count?: number }[]>;
  /** The URL of a Service's node port. */
  nodePort(service: string): Promise<string>;
  /** Starts it once more on the same data directory, with `more` arguments in the place of the first ones. */
  startAgain(more?: readonly string[]): Promise<void>;
}
export interface ContainerStatusRead {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly containerID: string;
  readonly state: { readonly running?: { readonly startedAt: string }; readonly waiting?: { reason: string; message?: string } };
  readonly lastState: { readonly terminated?: { exitCode: number; reason: string; signal?: number; finishedAt: string } };
}
export interface PodRead {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName: string };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses: readonly ContainerStatusRead[];
  };
}

/** The newest kubectl of this machine: what a pod does is the same whoever asks. */
export const newestKubectl = findKubectls().at(-1);

/** Starts `steer up` for a folder with nothing in it. @throws Error without a kubectl */
export async function startProcessCluster(folder: string, args: readonly string[] = []): Promise<ProcessCluster> {
  if (newestKubectl === undefined) throw new Error('there is no kubectl on this machine');
  const repository = join(folder, 'repository');
  mkdirSync(repository, { recursive: true });
  const start = (more = args) => startUp(repository, { folder, args: ['--runtime', 'process', ...more] });
  let up = await start();
  const kubectl = kubectlOn(newestKubectl, { kubeconfig: up.kubeconfig, namespace: 'default', folder });
  const pod = (name: string) => kubectl.json<PodRead>(['get', 'pod', name]);
  return {
    kubectl,
    get up() {
      return up;
    },
    apply: async (...objects) => {
      const input = objects.map((object) => JSON.stringify(object)).join('\n');
      await kubectl.ok(['apply', '--server-side', '--validate=false', '-f', '-'], input);
    },
    rolledOut: async (name) => {
      const { code, stdout, stderr } = await kubectl.run(['rollout', 'status', `deployment/${name}`, '--timeout=60s']);
      if (code === 0) return;
      throw new Error(`${name} did not roll out: ${stdout}${stderr}${await kubectl.ok(['describe', 'pods', '-l', `app=${name}`])}`);
    },
    ready: async (name) => {
      const { code, stderr } = await kubectl.run(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s']);
      if (code !== 0) throw new Error(`${name} did not become ready: ${stderr}${await kubectl.ok(['describe', 'pod', name])}`);
      return pod(name);
    },
    pod,
    podsOf: async (app) => {
      const { items } = await kubectl.json<{ items: readonly PodRead[] }>(['get', 'pods', '-l', `app=${app}`]);
      return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    },
    eventsOf: async (name) => {
      const selector = `--field-selector=involvedObject.name=${name}`;
      const { items } = await kubectl.json<{ items: { reason: string; message: string; count?: number }[] }>(['get', 'events', selector]);
      return items;
    },
    nodePort: async (service) =>
      `http://127.0.0.1:${await kubectl.ok(['get', 'service', service, '-o', 'jsonpath={.spec.ports[0].nodePort}'])}`,
    startAgain: async (more) => {
      up = await start(more);
    },
  };
}

/** Asks again until the answer is one. @throws Error that names it after half a minute, with the last error */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  const end = Date.now() + 30_000;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    await pause(100);
  }
  throw new Error(`${what}: not within half a minute`, { cause: last });
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
