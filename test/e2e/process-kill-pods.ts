import { get } from 'node:http';
import { appendFileSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pod } from '../../src/api/kinds.generated.ts';
import { isNotFound } from '../../src/api/status.ts';
import { randomInt, type Random } from '../../src/base/random.ts';
import type { Connection } from '../../src/client/connect.ts';

/** The variable by which the processes of one test's pods are found: `<mark>=<pod name>`. */
export interface PodStyle {
  readonly mark: string;
  /** A file on which each run of a task writes its name. */
  readonly runs: string;
}
export const port = 8080;
/** Answers its pod's name and a number that no second process has. As the first process of a container it must itself end when it is asked. */
const server = `process.on('SIGTERM', () => process.exit(0)); const id = require('crypto').randomUUID();
require('http').createServer((q, r) => r.end(process.env.POD_NAME + ' ' + id)).listen(${port}, process.env.POD_IP)`;

type PodSpec = NonNullable<Pod['spec']>;
function own(mark: string): NonNullable<PodSpec['containers'][number]['env']> {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  return [field('POD_NAME', 'metadata.name'), field(mark, 'metadata.name'), field('POD_IP', 'status.podIP')];
}
export function serverSpec({ mark }: PodStyle): PodSpec {
  return { containers: [{ name: 'web', image: 'node:1', command: ['node', '-e', server], env: own(mark) }] };
}
function taskSpec({ mark, runs }: PodStyle, seconds: number, code: number): PodSpec {
  const script = `echo $POD_NAME >> ${runs}; sleep ${seconds}; exit ${code}`;
  return {
    restartPolicy: 'Never',
    containers: [
      { name: 'task', image: 'sh:1', command: ['sh', '-c', script], env: own(mark), volumeMounts: [{ name: 'runs', mountPath: runs }] },
    ],
    volumes: [{ name: 'runs', hostPath: { path: runs, type: 'File' } }],
  };
}

/** A pod of the test's, and what was acknowledged of it. */
export interface Made {
  readonly name: string;
  /** Of a task: what it ends with. */
  readonly code?: number;
  created: 'sure' | 'unsure';
  deleted: 'no' | 'sure' | 'unsure';
}

const space = 'default';
const mostServers = 6;

/** Makes and deletes pods at random until the server is gone. */
export function createChurn(style: PodStyle, random: Random) {
  const made = new Map<string, Made>();
  let serial = 0;
  appendFileSync(style.runs, '');

  async function create(cluster: Connection): Promise<void> {
    const live = [...made.values()].filter((one) => one.code === undefined && one.deleted === 'no').length;
    const task = live >= mostServers || randomInt(random, 2) === 0;
    const code = randomInt(random, 4);
    const name = `${task ? 'task' : 'serve'}-${++serial}`;
    const entry: Made = { name, ...(task ? { code } : {}), created: 'unsure', deleted: 'no' };
    made.set(name, entry);
    const spec = task ? taskSpec(style, randomInt(random, 2500) / 1000, code) : serverSpec(style);
    await cluster.create(Pod, { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: space }, spec });
    entry.created = 'sure';
  }
  async function remove(cluster: Connection): Promise<void> {
    const there = [...made.values()].filter((one) => one.created === 'sure' && one.deleted === 'no');
    const entry = there[randomInt(random, Math.max(1, there.length))];
    if (entry === undefined) return;
    entry.deleted = 'unsure';
    await cluster.delete(Pod, { namespace: space, name: entry.name }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    entry.deleted = 'sure';
  }
  return {
    made: made as ReadonlyMap<string, Made>,
    /** Resolves when the server is gone. */
    run: async (cluster: Connection): Promise<void> => {
      for (;;) {
        try {
          await (randomInt(random, 5) < 3 ? create(cluster) : remove(cluster));
        } catch (error) {
          if ((error as Error).name === 'ConnectionFailed') return;
          throw error;
        }
        await sleep(randomInt(random, 200));
      }
    },
    /** What is not as it was acknowledged; afterwards what is there is what is known. */
    compare: (pods: readonly Readonly<Pod>[]): string[] => {
      const wrong: string[] = [];
      for (const entry of made.values()) {
        const found = pods.find(({ metadata }) => metadata.name === entry.name);
        const there = found !== undefined && found.metadata.deletionTimestamp === undefined;
        if (entry.created === 'sure' && entry.deleted === 'no' && !there) wrong.push(`${entry.name} was made and is missing`);
        if (entry.deleted === 'sure' && there) wrong.push(`${entry.name} was deleted and is there`);
        if (there) {
          entry.created = 'sure';
          entry.deleted = 'no';
        } else made.delete(entry.name);
      }
      return wrong;
    },
    /** How often a task has begun. */
    begun: (name: string): number =>
      readFileSync(style.runs, 'utf8')
        .split('\n')
        .filter((line) => line === name).length,
  };
}
export type Churn = ReturnType<typeof createChurn>;

/** Asks pods on their own addresses, all the time: a pod that has answered once is to go on, and to be the same process. */
export function createAsker() {
  const known = new Map<string, { readonly address: string; answer?: string }>();
  const failures: { readonly name: string; readonly what: string }[] = [];
  const over = new AbortController();
  let asked = 0;

  async function ask(name: string, target: { readonly address: string; answer?: string }): Promise<void> {
    let answer;
    try {
      answer = await answerOf(target.address);
    } catch (error) {
      if (target.answer !== undefined && known.get(name) === target) failures.push({ name, what: String(error) });
      return; // One that has never answered is not listening yet.
    }
    asked++;
    if (!answer.startsWith(`${name} `)) failures.push({ name, what: `answers as ${answer}` });
    else if (target.answer !== undefined && target.answer !== answer) failures.push({ name, what: 'is another process' });
    else target.answer = answer;
  }
  const asking = (async () => {
    while (!over.signal.aborted) {
      await Promise.all([...known].map(([name, target]) => ask(name, target)));
      await sleep(40);
    }
  })();
  return {
    get asked() {
      return asked;
    },
    get addresses(): ReadonlySet<string> {
      return new Set([...known.values()].map(({ address }) => address));
    },
    /** Whether the pod has answered; it is asked from now on. */
    hasAnswered: (name: string, address: string): boolean => {
      const target = known.get(name);
      if (target?.address === address) return target.answer !== undefined;
      if (target !== undefined) failures.push({ name, what: `moved from ${target.address} to ${address}` });
      known.set(name, { address });
      return false;
    },
    /** Failures of the pods that still are to be there; the others are asked no more. */
    failuresOf: (names: ReadonlySet<string>): string[] => {
      const out = failures.filter(({ name }) => names.has(name)).map(({ name, what }) => `${name}: ${what}`);
      failures.length = 0;
      for (const name of known.keys()) if (!names.has(name)) known.delete(name);
      return out;
    },
    /** After pods have died on purpose: what they answer next counts. */
    forget: () => known.clear(),
    stop: async () => {
      over.abort();
      await asking;
    },
  };
}
export type Asker = ReturnType<typeof createAsker>;

function answerOf(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ host, port, agent: false, timeout: 3000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.once('end', () => resolve(text)).once('error', reject);
    });
    request.once('timeout', () => request.destroy(new Error('no answer within 3 s'))).once('error', reject);
  });
}
