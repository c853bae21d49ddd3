import { Application, ApplicationRevision, Event, type ApplicationSpec } from '../../src/api/kinds.generated.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { KubeObject, ObjectKey } from '../../src/api/object.ts';
import { isNotFound } from '../../src/api/status.ts';
import type { Connection } from '../../src/client/connect.ts';
import { gitopsUser } from '../../src/controlplane/identities.ts';
import { applicationController, type GitOpsOptions } from '../../src/gitops/controller.ts';
import type { Renderer } from '../../src/gitops/renderer.ts';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import { createValidate } from '../../src/gitops/validate.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import { startCluster, type TestCluster, type TestClusterOptions } from './cluster.ts';

/** A cluster with the GitOps engine on repositories in memory. */
export interface TestGitOps {
  readonly cluster: TestCluster;
  readonly source: MemorySource;
  /** Calls as the administrator, field manager `kubectl-edit` and the like given by the test. */
  readonly client: Connection;
  /** Creates an Application of repository `repo`, path '' by default. */
  application(name: string, spec?: Partial<ApplicationSpec>): Promise<Readonly<Application>>;
  app(name: string): Promise<Readonly<Application>>;
  revisions(name: string): Promise<readonly Readonly<ApplicationRevision>[]>;
  events(reason: string): Promise<readonly Readonly<Event>[]>;
  /** Undefined when it is not there. */
  find<T extends KubeObject>(kind: Parameters<Connection['get']>[0], key: ObjectKey): Promise<Readonly<T> | undefined>;
  /** Winds the clock until the application is synced and healthy at the commit. */
  synced(name: string, commit?: string): Promise<void>;
  ask(name: string, request: object): Promise<Readonly<Application>>;
  stop(): Promise<void>;
}

export interface TestGitOpsOptions extends TestClusterOptions {
  readonly gitops?: Partial<GitOpsOptions>;
  /** Of an earlier engine. */
  readonly source?: MemorySource;
  /** Of the cluster's clock. Default: those that need no programs. */
  readonly renderers?: (clock: Clock) => readonly Renderer[];
}

export async function startGitOps(options: TestGitOpsOptions = {}): Promise<TestGitOps> {
  const { gitops, source: given, renderers = () => createRenderers(), ...rest } = options;
  const cluster = await startCluster(rest);
  const source = given ?? new MemorySource(cluster.clock);
  cluster.run(
    applicationController({ sources: source, renderers: renderers(cluster.clock), validate: createValidate(cluster.clock), ...gitops }),
    gitopsUser,
  );
  const client = cluster.cluster(undefined, 'test');
  const app = (name: string) => client.get(Application, { namespace: 'default', name });
  let requests = 0;
  const explained = async (name: string, done: () => Promise<boolean>): Promise<void> => {
    try {
      await cluster.until(done);
    } catch (error) {
      const { status } = await app(name);
      throw new Error(`${name} did not get there: ${JSON.stringify(status)}; ${JSON.stringify(cluster.troubles.slice(-5))}`, {
        cause: error,
      });
    }
  };
  return {
    cluster,
    source,
    client,
    app,
    application: (name, spec = {}) =>
      client.create(Application, {
        apiVersion: 'steersman.dev/v1',
        kind: 'Application',
        metadata: { name, namespace: 'default' },
        spec: { source: { repo: 'repo' }, ...spec },
      }),
    revisions: async (name) => {
      const { items } = await client.list(ApplicationRevision, { namespace: 'default' });
      return items.filter((each) => each.spec.application === name).sort((a, b) => a.spec.number - b.spec.number);
    },
    events: async (reason) => (await client.list(Event)).items.filter((each) => each.reason === reason),
    find: async <T extends KubeObject>(kind: Parameters<Connection['get']>[0], key: ObjectKey) => {
      try {
        return (await client.get(kind, key)) as Readonly<T>;
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    synced: (name, commit) =>
      explained(name, async () => {
        const { status } = await app(name);
        const there = commit === undefined || status?.current?.commit === commit;
        return there && status?.sync === 'Synced' && status.health === 'Healthy' && status.operation?.phase !== 'Running';
      }),
    ask: async (name, request) => {
      const id = `request-${++requests}`;
      await client.patch(
        Application,
        { namespace: 'default', name },
        { metadata: { annotations: { 'steersman.dev/request': JSON.stringify({ id, ...request }) } } },
      );
      let answered: Readonly<Application> | undefined;
      await cluster.until(async () => {
        const { status } = (answered = await app(name));
        return status?.operation?.id === id && status.operation.phase !== 'Running' && status.operation.phase !== 'Pending';
      });
      return answered as Readonly<Application>;
    },
    stop: async () => {
      await cluster.stop();
      await source.close();
    },
  };
}

/** Manifests as YAML (JSON is YAML). */
export function yaml(...objects: readonly object[]): string {
  return objects.map((object) => JSON.stringify(object, undefined, 2)).join('\n---\n');
}
export function configMap(name: string, data: Record<string, string>, metadata: object = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data } as KubeObject;
}
/** A web of `replicas` pods; `annotations` script the simulated runtime. */
export function deployment(
  name: string,
  options: { image?: string; replicas?: number; annotations?: Record<string, string>; metadata?: object } = {},
): KubeObject {
  const { image = 'web:1', replicas = 2, annotations = {}, metadata = {} } = options;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, ...metadata },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
        spec: { containers: [{ name: 'web', image }] },
      },
    },
  } as KubeObject;
}
