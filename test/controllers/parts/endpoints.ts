import { Endpoints, EndpointSlice, Pod, Service } from '../../../src/api/kinds.generated.ts';
import { isNotFound } from '../../../src/api/status.ts';
import { randomInt } from '../../../src/base/random.ts';
import { podOf, serviceOf } from '../workloads.ts';
import { exhausted, forgetful } from './mutant.ts';
import { differs, isReady, Seen, type Part, type World } from './part.ts';

const namespace = 'endpoints';
const serviceLabel = 'kubernetes.io/service-name';
const ports = [{ name: 'db', port: 5432, protocol: 'TCP' as const }];

/** A Service whose pods come and go, and one whose addresses somebody keeps by hand: at last both kinds of endpoints show just those. */
export const endpoints: Part = {
  name: namespace,
  begin: async ({ api }) => {
    const { selector: _none, ...outside } = serviceOf('outside', { ports }).spec;
    await api.create(Service, { ...serviceOf('web'), metadata: { name: 'web', namespace } });
    await api.create(Service, { ...serviceOf('outside'), metadata: { name: 'outside', namespace }, spec: outside });
    await api.create(Endpoints, keptOutside(1));
  },
  steps: [
    async ({ api, clock }) => {
      const pod = podOf(`web-${clock.now()}`, { app: 'web' });
      await api.create(Pod, { ...pod, metadata: { ...pod.metadata, namespace } });
    },
    async ({ api, random }) => {
      const { items } = await api.list(Pod, { namespace });
      const victim = items[randomInt(random, Math.max(1, items.length))];
      if (victim !== undefined) await api.delete(Pod, { namespace, name: victim.metadata.name });
    },
    async ({ api, random }) => {
      await api.patch(Endpoints, { namespace, name: 'outside' }, { subsets: subsets(randomInt(random, 200)) });
    },
    async ({ api, clock, random }) => {
      await api.delete(Endpoints, { namespace, name: 'outside' });
      await api.create(Endpoints, keptOutside(1));
      for (let change = 0; change < 5; change++) {
        await clock.sleep(randomInt(random, 1_000));
        await api.patch(Endpoints, { namespace, name: 'outside' }, { subsets: subsets(randomInt(random, 200)) });
      }
    },
  ],
  watch: () => {
    const slices = new Seen<EndpointSlice>('EndpointSlice', namespace);
    return (write) => {
      if (!slices.take(write)) return undefined;
      const of = slices.all.map(({ metadata, ports: own }) => `${metadata.labels?.[serviceLabel] ?? ''} ${JSON.stringify(own)}`);
      const twice = of.find((one, index) => of.indexOf(one) !== index);
      return twice === undefined ? undefined : `two slices for ${twice}`;
    };
  },
  broken: async (world) => [
    ...(await brokenOf(world, 'web', await addressesOfPods(world))),
    ...(await brokenOf(world, 'outside', await keptByHand(world))),
  ],
  mutants: {
    'changes nothing after its first change': exhausted('endpoints', 1),
    'mirrors nothing after its first change': exhausted('endpointslice-mirroring', 1),
    'shows what is kept by hand in slices twice': forgetful('endpointslice-mirroring'),
    'shows pods in slices twice': forgetful('endpointslice'),
  },
};

function keptOutside(last: number): Endpoints {
  return { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'outside', namespace }, subsets: subsets(last) };
}
function subsets(last: number) {
  return [{ addresses: [{ ip: `192.0.2.${last}` }], ports }];
}

async function addressesOfPods({ api }: World): Promise<string[]> {
  const { items } = await api.list(Pod, { namespace });
  return items.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name);
}
async function keptByHand({ api }: World): Promise<string[]> {
  const { subsets: kept = [] } = await api.get(Endpoints, { namespace, name: 'outside' });
  return kept.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip));
}

async function brokenOf({ api }: World, name: string, expected: readonly string[]): Promise<string[]> {
  const wanted = [...expected].sort();
  const { items } = await api.list(EndpointSlice, { namespace, labelSelector: `${serviceLabel}=${name}` });
  const inSlices = items.flatMap(({ endpoints: all }) => all.map(({ targetRef, addresses }) => targetRef?.name ?? addresses[0] ?? ''));
  const object = await api.get(Endpoints, { namespace, name }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const inObject = (object?.subsets ?? []).flatMap(({ addresses = [] }) => addresses.map(({ targetRef, ip }) => targetRef?.name ?? ip));
  return [...differs(`slices of ${name}`, inSlices.sort(), wanted), ...differs(`Endpoints of ${name}`, inObject.sort(), wanted)];
}
