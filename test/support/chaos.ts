import { ConfigMap, Deployment, Service, ServiceAccount } from '../../src/api/kinds.generated.ts';
import type { Kind, KubeObject } from '../../src/api/object.ts';
import { isConflict, isInvalid, isNotFound } from '../../src/api/status.ts';
import type { Clock } from '../../src/base/clock.ts';
import { randomInt, type Random } from '../../src/base/random.ts';
import type { Cluster, MergePatch } from '../../src/client/cluster.ts';

interface Sort {
  readonly kind: Kind<KubeObject>;
  make(name: string): object;
  /** Other values of what the repository says: what others add beside it is theirs. */
  spoil(random: Random): MergePatch;
}
const labels = { of: 'chaos' };
const sorts: readonly Sort[] = [
  {
    kind: ConfigMap,
    make: () => ({ data: { value: '1', text: 'x'.repeat(200) } }),
    spoil: (random) => ({ data: random.next() < 0.5 ? { value: String(randomInt(random, 1000)) } : { text: null } }),
  },
  {
    kind: Service,
    make: (name) => ({ spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] } }),
    spoil: (random) => ({ spec: { selector: { app: `other-${randomInt(random, 1000)}` } } }),
  },
  { kind: ServiceAccount, make: () => ({ automountServiceAccountToken: false }), spoil: () => ({ automountServiceAccountToken: true }) },
  {
    kind: Deployment,
    make: (name) => ({
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
      },
    }),
    spoil: (random) =>
      random.next() < 0.5
        ? { spec: { replicas: 2 + randomInt(random, 3) } }
        : { spec: { template: { spec: { containers: [{ name: 'web', image: `web:${randomInt(random, 1000)}` }] } } } },
  },
];
/** Of ten objects so many are of each sort. */
const mix = [0, 0, 0, 0, 0, 1, 1, 2, 2, 3];

export interface Chaotic {
  readonly name: string;
  readonly sort: Sort;
}
export function chaoticObjects(count: number): readonly Chaotic[] {
  return Array.from({ length: count }, (_, at) => ({ name: `chaos-${at}`, sort: sorts[mix[at % mix.length] ?? 0] as Sort }));
}
/** A file each. */
export function chaoticFiles(objects: readonly Chaotic[]): Record<string, string> {
  return Object.fromEntries(
    objects.map(({ name, sort: { kind, make } }) => {
      const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
      return [`${name}.yaml`, JSON.stringify({ apiVersion, kind: kind.kind, metadata: { name, labels }, ...make(name) })];
    }),
  );
}

export interface Havoc {
  deletions: number;
  edits: number;
}

/** Deletes and spoils objects by chance, as a client of its own, `width` at a time, until it is enough. */
export async function wreakHavoc(
  cluster: Cluster,
  objects: readonly Chaotic[],
  { clock, random, width, isEnough }: { clock: Clock; random: Random; width: number; isEnough: (done: Havoc) => boolean },
): Promise<Havoc> {
  const done: Havoc = { deletions: 0, edits: 0 };
  const lane = async (): Promise<void> => {
    while (!isEnough(done)) {
      const { name, sort } = objects[randomInt(random, objects.length)] as Chaotic;
      const key = { namespace: 'default', name };
      try {
        if (random.next() < 0.3) {
          await cluster.delete(sort.kind, key);
          done.deletions++;
        } else {
          const relabelled = random.next() < 0.2 ? { metadata: { labels: { of: 'nobody' } } } : {};
          await cluster.patch(sort.kind, key, { ...sort.spoil(random), ...relabelled });
          done.edits++;
        }
      } catch (error) {
        // NotFound: it was deleted and is not there again. Conflict, Invalid: it is being made again at this moment.
        if (!isNotFound(error) && !isConflict(error) && !isInvalid(error)) throw error;
      }
      await clock.sleep(randomInt(random, 40));
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return done;
}
