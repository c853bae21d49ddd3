import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Application, ConfigMap, Deployment, Job, Pod } from '../../src/api/kinds.generated.ts';
import { isNotFound } from '../../src/api/status.ts';
import { randomInt, seededRandom } from '../../src/base/random.ts';
import type { Connection } from '../../src/client/connect.ts';
import { tempFolder, workRepository } from '../support/git-servers.ts';
import { configMap, deployment, yaml } from '../support/gitops.ts';
import { startUp, type Up } from '../support/steer-up.ts';
import { createWriters } from './kill-writers.ts';

const soak = process.env['STEER_SOAK'] !== undefined;
const rounds = soak ? 200 : 12;
const seed = Number(process.env['STEER_SEED'] ?? Date.now() % 1_000_000);
const space = 'default';
const jobsKept = 3;

/** The files of a round: a Deployment, three ConfigMaps and a Job that each commit changes, and the Jobs of the last rounds. */
function files(round: number): Record<string, string | null> {
  const annotations = { 'simulated.steersman.dev/run': '200ms' };
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `job-${round}`, annotations: { 'steersman.dev/wave': '-1' } },
    spec: { template: { metadata: { annotations }, spec: { restartPolicy: 'Never', containers: [{ name: 'job', image: 'job:1' }] } } },
  };
  return {
    'web.yaml': yaml(deployment('web', { replicas: 2, image: `web:${round}` })),
    'settings.yaml': yaml(...['a', 'b', 'c'].map((name) => configMap(name, { round: String(round) }))),
    [`job-${round}.yaml`]: yaml(job),
    ...(round > jobsKept && { [`job-${round - jobsKept}.yaml`]: null }),
  };
}

interface AuditLine {
  readonly requestURI: string;
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly resourceVersion?: string;
  };
  readonly responseStatus: { readonly code: number };
  readonly stageTimestamp: string;
}
/** All that changed something since a time. A line that the kill has torn is left out. */
function auditLines(dataDir: string, since: string): readonly AuditLine[] {
  const names = readdirSync(dataDir).filter((name) => name.startsWith('audit.log'));
  const text = names.map((name) => readFileSync(join(dataDir, name), 'utf8'));
  return text
    .join('')
    .split('\n')
    .flatMap((line) => {
      if (!line.endsWith('}')) return [];
      try {
        return [JSON.parse(line) as AuditLine];
      } catch {
        return []; // The kill has torn it.
      }
    })
    .filter(
      ({ responseStatus, requestURI, stageTimestamp }) =>
        responseStatus.code < 300 && !requestURI.includes('dryRun=') && stageTimestamp >= since,
    );
}

async function converged(cluster: Connection, commit: string): Promise<void> {
  for (let tries = 0; tries < 1200; tries++) {
    const { status } = await cluster.get(Application, { namespace: space, name: 'app' });
    if (status?.current?.commit === commit && status.sync === 'Synced' && status.health === 'Healthy') return;
    await sleep(50);
  }
  const { status } = await cluster.get(Application, { namespace: space, name: 'app' });
  throw new Error(`not at ${commit} after a minute: ${JSON.stringify(status)}`);
}

/** What the cluster holds of a round's commit. */
async function contents(cluster: Connection, round: number): Promise<object> {
  const job = await cluster.get(Job, { namespace: space, name: `job-${round}` });
  const pods = await cluster.list(Pod, { namespace: space, labelSelector: `batch.kubernetes.io/job-name=job-${round}` });
  const web = await cluster.get(Deployment, { namespace: space, name: 'web' });
  const settings = await Promise.all(['a', 'b', 'c'].map((name) => cluster.get(ConfigMap, { namespace: space, name })));
  return {
    image: web.spec?.template.spec?.containers[0]?.image,
    available: web.status?.availableReplicas,
    settings: settings.map((each) => each.data?.['round']),
    job: { succeeded: job.status?.succeeded, pods: pods.items.length },
  };
}
function wantedContents(round: number): object {
  const text = String(round);
  return { image: `web:${round}`, available: 2, settings: [text, text, text], job: { succeeded: 1, pods: 1 } };
}

/**
 * Objects of the commit that the engine wrote more than once, and Jobs with more than one pod made. The patch that claims the fields of
 * what was created changes no field; it too may come once.
 */
function tooMuch(lines: readonly AuditLine[], round: number): readonly string[] {
  const count = new Map<string, number>();
  const note = (what: string) => count.set(what, (count.get(what) ?? 0) + 1);
  for (const { user, verb, requestURI, objectRef } of lines) {
    const { resource = '', name = '', subresource, namespace } = objectRef ?? {};
    if (namespace !== space || subresource !== undefined) continue;
    const claim = verb === 'patch' && !requestURI.includes('force=true');
    if (user.username === 'steersman' && /^(configmaps|deployments|jobs)$/.test(resource))
      note(`${claim ? 'claim of ' : ''}${resource}/${name}`);
    const job = resource === 'pods' && verb === 'create' ? /^(job-\d+)-/.exec(name)?.[1] : undefined;
    if (job !== undefined) note(`pod of ${job}`);
  }
  return [...count].filter(([, times]) => times > 1).map(([what, times]) => `round ${round}: ${what}: ${times} times`);
}

it(`${rounds} kills lose no acknowledged write and repeat nothing`, { timeout: soak ? 3_600_000 : 600_000 }, async () => {
  console.log(`STEER_SEED=${seed}`);
  const random = seededRandom(seed);
  using folder = tempFolder('steer-kill-');
  const repository = workRepository(join(folder.path, 'repository'));
  const first = repository.commit(files(0));
  await using daemon = createDaemon(repository.path, folder.path);
  await daemon.start();
  await daemon.call((cluster) => settle(cluster, first));
  const writers = createWriters('kube-public', { count: 3, random });
  let acknowledged = 0;
  let longest = 400;
  for (let round = 1; round <= rounds; round++) {
    const before = new Date().toISOString();
    const commit = await daemon.call(async (cluster) => {
      const writing = writers.write(cluster);
      const made = repository.commit(files(round));
      await sleep(randomInt(random, longest));
      await daemon.kill();
      acknowledged += await writing;
      return made;
    });
    const from = Date.now();
    await daemon.start();
    await daemon.call(async (cluster) => {
      expect(await writers.compare(cluster)).toEqual([]);
      await converged(cluster, commit);
      expect(await contents(cluster, round)).toEqual(wantedContents(round));
    });
    expect(tooMuch(auditLines(daemon.dataDir, before), round)).toEqual([]);
    longest = Math.min(1500, Math.max(longest, Date.now() - from));
  }
  await daemon.stop();
  console.log(`${rounds} kills, ${acknowledged} acknowledged writes, moments up to ${longest} ms after a commit`);
});

interface Daemon extends AsyncDisposable {
  readonly dataDir: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** Calls it over connections that are closed afterwards; a failure tells what the daemon printed. */
  call<T>(work: (cluster: Connection) => Promise<T>): Promise<T>;
}
/** One `steer up` after the other on one data directory. */
function createDaemon(repository: string, folder: string): Daemon {
  let up: Up | undefined;
  const kill = async () => {
    up?.running.child.kill('SIGKILL');
    await up?.running.finished;
  };
  return {
    dataDir: join(folder, 'data'),
    start: async () => {
      up = await startUp(repository, { folder });
    },
    kill,
    stop: async () => up?.stop(),
    call: async (work) => {
      const running = up as Up;
      await using cluster = await running.connect();
      try {
        return await work(cluster);
      } catch (error) {
        console.log(running.running.output());
        throw error;
      }
    },
    [Symbol.asyncDispose]: kill,
  };
}

/** The first sync; later ones are healthy as soon as their pods are. */
async function settle(cluster: Connection, commit: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await cluster.patch(Application, { namespace: space, name: 'app' }, { spec: { sync: { healthyFor: '0s' } } });
      break;
    } catch (error) {
      if (!isNotFound(error) || tries > 200) throw error;
      await sleep(50); // It is made after the API server answers.
    }
  }
  await converged(cluster, commit);
}
