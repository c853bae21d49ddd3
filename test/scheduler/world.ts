import { Event, Node, Pod } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster, type TestClusterOptions } from '../support/cluster.ts';
import { pod, type PodMore } from './builders.ts';

/** A cluster whose pods a test makes, and what it asks of them. */
export interface SchedulerWorld {
  readonly cluster: TestCluster;
  readonly api: Connection;
  make(name: string, more?: PodMore): Promise<void>;
  read(name: string): Promise<Readonly<Pod>>;
  nodeOf(name: string): Promise<string | undefined>;
  /** By name, in the order of names. */
  places(): Promise<Record<string, string | undefined>>;
  /** Of the scheduler about one pod: reason, message and how often. */
  events(name: string): Promise<readonly (readonly [string | undefined, string | undefined, number | undefined])[]>;
  /** How often it was tried in vain. */
  tries(name: string): Promise<number>;
  /** A node without an agent: pods bound to it stay as they are. */
  addNode(name: string, more?: { cpu?: string; labels?: Record<string, string> }): Promise<void>;
  remove(name: string): Promise<void>;
}

/** No controllers and no nodes unless they are asked for, and priorities as the pods say. */
export async function schedulerWorld(options: TestClusterOptions = {}): Promise<SchedulerWorld> {
  const cluster = await startCluster({ controllers: [], nodes: [], admission: { disable: ['Priority'] }, ...options });
  const api = cluster.cluster();
  const read = (name: string): Promise<Readonly<Pod>> => api.get(Pod, { namespace: 'default', name });
  const eventsOf = async (name: string) => {
    const { items } = await api.list(Event, { namespace: 'default', fieldSelector: `involvedObject.name=${name}` });
    return items.filter(({ source }) => source?.component?.includes('scheduler') === true);
  };
  return {
    cluster,
    api,
    read,
    async make(name, more = {}) {
      const { uid: _uid, ...metadata } = pod({ ...more, name }).metadata;
      await api.create(Pod, { ...pod({ ...more, name }), metadata });
    },
    nodeOf: async (name) => (await read(name)).spec.nodeName,
    async places() {
      const { items } = await api.list(Pod, { namespace: 'default' });
      return Object.fromEntries(items.map(({ metadata, spec }) => [metadata.name, spec.nodeName]));
    },
    events: async (name) => (await eventsOf(name)).map(({ reason, message, count }) => [reason, message, count] as const),
    async tries(name) {
      const failed = (await eventsOf(name)).filter(({ reason }) => reason === 'FailedScheduling');
      return failed.reduce((sum, { count = 1 }) => sum + count, 0);
    },
    async addNode(name, { cpu = '4', labels = {} } = {}) {
      const amounts = { cpu, memory: '8Gi', pods: '10' };
      const metadata = { name, labels: { 'kubernetes.io/hostname': name, ...labels } };
      await api.create(Node, { apiVersion: 'v1', kind: 'Node', metadata, spec: {} });
      await api.patch(Node, { namespace: '', name }, { status: { allocatable: amounts, capacity: amounts } }, { subresource: 'status' });
    },
    remove: (name) => api.delete(Pod, { namespace: 'default', name }, { graceSeconds: 0 }),
  };
}
