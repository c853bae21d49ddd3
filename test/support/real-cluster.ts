import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { machineNode } from '../../src/agent/machine.ts';
import { Event, Pod } from '../../src/api/kinds.generated.ts';
import { isNotFound } from '../../src/api/status.ts';
import { createLog, type LogLine } from '../../src/base/log.ts';
import { secureRandom } from '../../src/base/random.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startControlPlane, type ControlPlane } from '../../src/controlplane/start.ts';
import { clock, makePlace, type Mode, type Place } from './process-runtime.ts';

/** A control plane with one node that is this machine and runs pods by the runtime process. */
export interface RealCluster {
  readonly cluster: Connection;
  readonly place: Place;
  /** The data directory. */
  readonly folder: string;
  readonly troubles: readonly LogLine[];
  create(name: string, spec: Partial<NonNullable<Pod['spec']>>, metadata?: Partial<Pod['metadata']>): Promise<Readonly<Pod>>;
  pod(name: string): Promise<Readonly<Pod>>;
  /** The log of a container as text. */
  logs(name: string, options?: { container?: string; previous?: boolean }): Promise<string>;
  /** `reason: message` of the events of a pod. */
  events(name: string): Promise<string[]>;
  /** Deletes the pod and waits until it is gone. */
  remove(name: string): Promise<void>;
  until(done: () => boolean | Promise<boolean>, limitMs?: number): Promise<void>;
  /** Ends the control plane, leaves the pods, and starts it again. */
  again(): Promise<void>;
  /** Answers what is left on this machine. */
  stop(): Promise<string[]>;
}

export async function startRealCluster(mode: Mode): Promise<RealCluster> {
  const place = await makePlace(mode);
  const folder = dirname(place.folder);
  mkdirSync(join(folder, 'pods'), { recursive: true, mode: 0o700 });
  const troubles: LogLine[] = [];
  const log = createLog((line) => void troubles.push(line), 'warn');
  const start = async (): Promise<ControlPlane> => {
    const description = await machineNode('here', { folder, containerRuntime: 'process://1', reserve: { cpu: '100m' } });
    const runtime = await place.open();
    return startControlPlane({ clock, random: secureRandom(), log, dataDir: folder, nodes: [{ description, runtime }] });
  };
  let plane = await start();
  let cluster = plane.cluster();
  const key = (name: string) => ({ namespace: 'default', name });
  const until = async (done: () => boolean | Promise<boolean>, limitMs = 15_000): Promise<void> => {
    const end = clock.now() + limitMs;
    while (!(await done())) {
      if (clock.now() >= end) throw new Error(`what the test waits for did not come within ${limitMs / 1000} s`);
      await clock.sleep(20);
    }
  };
  return {
    get cluster() {
      return cluster;
    },
    place,
    folder,
    troubles,
    create: (name, spec, metadata = {}) =>
      cluster.create(Pod, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default', ...metadata },
        spec: { terminationGracePeriodSeconds: 1, ...spec } as NonNullable<Pod['spec']>,
      }),
    pod: (name) => cluster.get(Pod, key(name)),
    logs: async (name, options = {}) => {
      let text = '';
      const signal = new AbortController().signal;
      for await (const chunk of cluster.logs(key(name), { ...options, signal })) text += Buffer.from(chunk).toString();
      return text;
    },
    events: async (name) => {
      const { items } = await cluster.list(Event, { namespace: 'default' });
      return items.filter((one) => one.involvedObject.name === name).map((one) => `${one.reason ?? ''}: ${one.message ?? ''}`);
    },
    remove: async (name) => {
      await cluster.delete(Pod, key(name));
      await until(() => cluster.get(Pod, key(name)).then(() => false, isNotFound));
    },
    until,
    again: async () => {
      await plane.stop();
      plane = await start();
      cluster = plane.cluster();
    },
    stop: async () => {
      const { items } = await cluster.list(Pod, {});
      await Promise.all(items.map(({ metadata }) => cluster.delete(Pod, { namespace: metadata.namespace ?? '', name: metadata.name })));
      await until(async () => (await cluster.list(Pod, {})).items.length === 0);
      await plane.stop();
      return place.end();
    },
  };
}
