import { ConfigMap } from '../../src/api/kinds.generated.ts';
import { randomInt, type Random } from '../../src/base/random.ts';
import type { Connection } from '../../src/client/connect.ts';

/** What a server acknowledged of one object, and what was on its way when the server went. */
interface Known {
  /** Undefined: it is not there. */
  version: string | undefined;
  /** The write without an answer; `text` undefined is a deletion. */
  unsure?: { readonly text: string | undefined };
}
/** Clients that write objects of their own, one after the other, and remember what was acknowledged. */
export interface Writers {
  /** Writes until the server is gone. Resolves with the number of acknowledged writes. */
  write(cluster: Connection): Promise<number>;
  /** What is not as it was acknowledged, one line each; afterwards what is there is what is known. */
  compare(cluster: Connection): Promise<readonly string[]>;
}

const objectsEach = 6;

export function createWriters(namespace: string, { count, random }: { count: number; random: Random }): Writers {
  const known = new Map<string, Known>();
  let serial = 0;

  async function writeOne(cluster: Connection, name: string): Promise<void> {
    const entry = known.get(name) ?? { version: undefined };
    known.set(name, entry);
    const text = `${++serial}`;
    const object = (resourceVersion?: string): ConfigMap => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace, ...(resourceVersion !== undefined && { resourceVersion }) },
      data: { text, ballast: 'x'.repeat(randomInt(random, 2000)) },
    });
    if (entry.version === undefined) {
      entry.unsure = { text };
      entry.version = (await cluster.create(ConfigMap, object())).metadata.resourceVersion;
    } else if (randomInt(random, 5) === 0) {
      entry.unsure = { text: undefined };
      await cluster.delete(ConfigMap, { namespace, name });
      entry.version = undefined;
    } else {
      entry.unsure = { text };
      entry.version = (await cluster.update(ConfigMap, object(entry.version))).metadata.resourceVersion;
    }
    delete entry.unsure;
  }

  async function one(cluster: Connection, writer: number): Promise<number> {
    for (let written = 0; ; written++) {
      try {
        await writeOne(cluster, `writer-${writer}-${randomInt(random, objectsEach)}`);
      } catch (error) {
        if ((error as Error).name === 'ConnectionFailed') return written;
        throw error;
      }
    }
  }

  return {
    write: async (cluster) => {
      const written = await Promise.all(Array.from({ length: count }, (_, writer) => one(cluster, writer)));
      return written.reduce((sum, each) => sum + each, 0);
    },
    compare: async (cluster) => {
      const wrong: string[] = [];
      const { items } = await cluster.list(ConfigMap, { namespace });
      const there = new Map(items.map((item) => [item.metadata.name, item]));
      for (const [name, entry] of known) {
        const found = there.get(name);
        const version = found?.metadata.resourceVersion;
        const unsure = entry.unsure !== undefined && entry.unsure.text === found?.data?.['text'];
        if (version !== entry.version && !unsure) wrong.push(`${name}: acknowledged at ${entry.version}, found at ${version}`);
        known.set(name, { version });
      }
      return wrong;
    },
  };
}
