import { PersistentVolume, PersistentVolumeClaim, Pod } from '../../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../../src/api/object.ts';
import { claimsOf } from '../../../src/api/volume-binding.ts';
import { randomInt } from '../../../src/base/random.ts';
import { controllers, localPathProvisioner, memoryVolumeFolders } from '../../../src/controllers/index.ts';
import { claimOf, volumeOf } from '../volumes.ts';
import { podOf } from '../workloads.ts';
import { over, withCalls, without } from './mutant.ts';
import { differs, Seen, type Part, type Watcher, type World } from './part.ts';

const namespace = 'storage';
const provisioned = 'pv.kubernetes.io/provisioned-by';
const folders = memoryVolumeFolders();

/**
 * Claims on volumes that are there and on folders that are made for them, which come, are used, deleted and grow: never has a volume two
 * owners, or goes what is in use; at last everything that has a home is bound, and nothing is left of what has gone.
 */
export const storage: Part = {
  name: namespace,
  beside: [localPathProvisioner(folders)],
  begin: async ({ api }) => {
    for (const name of folders.names()) await folders.remove(name);
    for (let at = 0; at < 3; at++) {
      await api.create(PersistentVolume, volumeOf(`storage-${at}`, {}, { storageClassName: 'static' }));
    }
    await api.create(PersistentVolumeClaim, {
      ...claimOf('first', { storageClassName: 'static' }),
      metadata: { name: 'first', namespace },
    });
  },
  steps: [
    async (world) => void (await makeClaim(world, 'static')),
    async (world) => {
      for (let count = 1; count <= 3; count++) {
        await makePod(world, await makeClaim(world, 'local-path'));
        await world.clock.sleep(1);
      }
    },
    async ({ api, clock }) => {
      const pod = podOf(`own-${clock.now()}`, {});
      Object.assign(pod.spec, { volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { spec: claimOf('').spec } } }] });
      pod.spec.volumes![0]!.ephemeral!.volumeClaimTemplate!.spec.storageClassName = 'local-path';
      await api.create(Pod, { ...pod, metadata: { ...pod.metadata, namespace } });
    },
    async (world) => {
      const claim = any(world, await claimsNow(world));
      if (claim !== undefined) await world.api.delete(PersistentVolumeClaim, { namespace, name: claim.metadata.name });
    },
    async (world) => {
      // A pod that takes a claim, which is deleted as soon as the pod has a node.
      const claim = any(world, (await claimsNow(world)).filter(isProtected));
      if (claim?.metadata.deletionTimestamp !== undefined || claim === undefined) return;
      const name = await makePod(world, claim.metadata.name);
      await world.clock.sleep(300);
      const { spec } = await world.api.get(Pod, { namespace, name });
      if (spec.nodeName !== undefined) await world.api.delete(PersistentVolumeClaim, { namespace, name: claim.metadata.name });
    },
    async (world) => {
      const pod = any(world, (await world.api.list(Pod, { namespace })).items);
      if (pod !== undefined) await world.api.delete(Pod, { namespace, name: pod.metadata.name });
    },
    async (world) => {
      const claim = any(
        world,
        (await claimsNow(world)).filter(({ status, spec }) => status?.phase === 'Bound' && spec.storageClassName === 'local-path'),
      );
      if (claim === undefined) return;
      const resources = { requests: { storage: `${2 + randomInt(world.random, 5)}Gi` } };
      await world.api
        .patch(PersistentVolumeClaim, { namespace, name: claim.metadata.name }, { spec: { resources } })
        .catch(() => undefined); // Smaller, or gone.
    },
    async (world) => freeReleased(world),
  ],
  end: async (world) => freeReleased(world),
  watch: watcher,
  broken: async (world) => {
    const claims = await claimsNow(world);
    const volumes = (await world.api.list(PersistentVolume)).items;
    const pods = (await world.api.list(Pod, { namespace })).items;
    return [...brokenClaims(claims, volumes, pods), ...brokenVolumes(claims, volumes)];
  },
  mutants: {
    'takes a refused binding for done': withCalls('persistentvolume-binder', (real) => ({
      update: (kind, object, options) => real.update(kind, object, options).catch(() => object),
    })),
    'believes its cache that nobody uses a claim': withCalls('persistentvolumeclaim-protection', () => ({
      list: () => Promise.resolve({ items: [], resourceVersion: '' }),
    })),
    'protects no volumes': without('persistentvolume-protection'),
    'makes no claims for pods': without('ephemeral-volume'),
    'leaves folders where they are': [...controllers, localPathProvisioner(over(folders, { remove: () => Promise.resolve() }))],
    'takes a refused volume for made': [
      ...controllers,
      ((real) => ({
        ...real,
        start: (context) => {
          const create = (kind: never, object: never, options: never) => context.cluster.create(kind, object, options).catch(() => object);
          return real.start(over(context, { cluster: over(context.cluster, { create: create as typeof context.cluster.create }) }));
        },
      }))(localPathProvisioner(folders)),
    ],
  },
};

type Claim = Readonly<PersistentVolumeClaim>;
type Volume = Readonly<PersistentVolume>;

async function claimsNow({ api }: World): Promise<readonly Claim[]> {
  return (await api.list(PersistentVolumeClaim, { namespace })).items;
}
function any<T>({ random }: World, list: readonly T[]): T | undefined {
  return list[randomInt(random, Math.max(1, list.length))];
}
function isProtected({ metadata }: KubeObject): boolean {
  return metadata.finalizers?.some((name) => name.startsWith('kubernetes.io/p')) === true;
}

async function makeClaim({ api, clock }: World, storageClassName: string): Promise<string> {
  const name = `${storageClassName}-${clock.now()}`;
  await api.create(PersistentVolumeClaim, { ...claimOf(name, { storageClassName }), metadata: { name, namespace } });
  return name;
}
async function makePod({ api, clock }: World, claimName: string): Promise<string> {
  const pod = podOf(`pod-${clock.now()}`, {});
  Object.assign(pod.spec, { volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] });
  await api.create(Pod, { ...pod, metadata: { ...pod.metadata, namespace } });
  return pod.metadata.name;
}
/** What an administrator does who wants a retained volume back. */
async function freeReleased({ api }: World): Promise<void> {
  const { items } = await api.list(PersistentVolume);
  for (const { metadata, spec, status } of items) {
    if (status?.phase === 'Released' && spec.storageClassName === 'static') {
      await api.patch(PersistentVolume, { namespace: '', name: metadata.name }, { spec: { claimRef: null } });
    }
  }
}

function watcher(): Watcher {
  const claims = new Seen<PersistentVolumeClaim>('PersistentVolumeClaim', namespace);
  const pods = new Seen<Pod>('Pod', namespace);
  return (write) => {
    const { before, after } = write;
    const kind = (after ?? before)?.kind;
    if (kind === 'PersistentVolume') return brokenByVolume(before as Volume | undefined, after as Volume | undefined, claims.all);
    if (claims.take(write)) {
      const wentInUse = after === undefined && before?.metadata.deletionTimestamp !== undefined;
      const user = wentInUse
        ? pods.all.find((pod) => (pod.spec.nodeName ?? '') !== '' && namesClaim(pod, before.metadata.name))
        : undefined;
      if (user !== undefined) return `${before?.metadata.name ?? ''} went while ${user.metadata.name} used it`;
      const names = claims.all.filter(({ status }) => status?.phase === 'Bound').map(({ spec }) => spec.volumeName ?? '');
      const twice = names.find((one, index) => names.indexOf(one) !== index);
      return twice === undefined ? undefined : `two claims have ${twice}`;
    }
    pods.take(write);
    return undefined;
  };
}

/** Claims that are the pod's own go with it. */
function namesClaim(pod: Pod, name: string): boolean {
  return (pod.spec.volumes ?? []).some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === name);
}

function brokenByVolume(before: Volume | undefined, after: Volume | undefined, claims: readonly Claim[]): string | undefined {
  const owner = claims.find(({ metadata, status }) => metadata.uid === before?.spec.claimRef?.uid && status?.phase === 'Bound');
  if (before === undefined || owner === undefined || owner.spec.volumeName !== before.metadata.name) return undefined;
  if (after === undefined) return `${before.metadata.name} went before its claim ${owner.metadata.name}`;
  if (after.status?.phase === 'Released') return `${before.metadata.name} was released while its claim ${owner.metadata.name} was there`;
  return after.spec.claimRef?.uid === owner.metadata.uid
    ? undefined
    : `${before.metadata.name} was taken from its claim ${owner.metadata.name}`;
}

function brokenClaims(claims: readonly Claim[], volumes: readonly Volume[], pods: readonly Readonly<Pod>[]): string[] {
  const free = volumes.filter(({ status, spec }) => status?.phase === 'Available' && spec.storageClassName === 'static').length;
  const waiting = claims.filter(({ status, spec }) => status?.phase === 'Pending' && spec.storageClassName === 'static').length;
  return [
    ...(free > 0 && waiting > 0 ? [`${waiting} claims wait and ${free} volumes are free`] : []),
    ...claims.flatMap((claim) => brokenClaim(claim, volumes, pods)),
    ...pods.flatMap((pod) =>
      claimsOf(pod).flatMap((name) => {
        const isOwn = pod.metadata.name.startsWith('own-') && pod.metadata.deletionTimestamp === undefined;
        return !isOwn || claims.some(({ metadata }) => metadata.name === name) ? [] : [`${pod.metadata.name} has no claim`];
      }),
    ),
  ];
}

function brokenClaim(claim: Claim, volumes: readonly Volume[], pods: readonly Readonly<Pod>[]): string[] {
  const { metadata, spec, status } = claim;
  const users = pods.filter((pod) => claimsOf(pod).includes(metadata.name));
  if (metadata.deletionTimestamp !== undefined) return users.length === 0 ? [`claim ${metadata.name} is still going`] : [];
  if (status?.phase === 'Bound') return brokenBinding(claim, volumes);
  return spec.storageClassName === 'local-path' && users.length > 0 ? [`claim ${metadata.name} is not bound and has a pod`] : [];
}

function brokenBinding({ metadata, spec, status }: Claim, volumes: readonly Volume[]): string[] {
  const volume = volumes.find((one) => one.metadata.name === spec.volumeName);
  const size = spec.storageClassName === 'local-path' ? spec.resources?.requests?.['storage'] : '10Gi';
  return [
    ...differs(`claim ${metadata.name}: owner of its volume`, volume?.spec.claimRef?.uid, metadata.uid),
    ...differs(`claim ${metadata.name}: phase of its volume`, volume?.status?.phase, 'Bound'),
    ...differs(`claim ${metadata.name}: size`, status?.capacity?.['storage'], size),
  ];
}

function brokenVolumes(claims: readonly Claim[], volumes: readonly Volume[]): string[] {
  const made = volumes.filter(({ metadata }) => metadata.annotations?.[provisioned] !== undefined);
  const alive = new Set(claims.map(({ metadata }) => metadata.uid));
  return [
    ...differs('folders', folders.names().toSorted(), made.map(({ metadata }) => metadata.name).toSorted()),
    ...made.filter(({ spec }) => !alive.has(spec.claimRef?.uid ?? '')).map(({ metadata }) => `${metadata.name} has outlived its claim`),
    ...volumes
      .filter((volume) => !(volume.metadata.finalizers ?? []).includes('kubernetes.io/pv-protection'))
      .map(({ metadata }) => `${metadata.name} is not protected`),
    ...volumes
      .filter(({ spec, status }) => spec.claimRef !== undefined && !alive.has(spec.claimRef.uid ?? '') && status?.phase !== 'Released')
      .map(({ metadata, status }) => `${metadata.name} is ${status?.phase ?? ''} without its claim`),
  ];
}
