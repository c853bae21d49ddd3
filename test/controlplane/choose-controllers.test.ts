import { describe, expect, it } from 'vitest';
import { Deployment, Pod } from '../../src/api/kinds.generated.ts';
import { chooseControllers } from '../../src/controlplane/choose-controllers.ts';
import { controllers } from '../../src/controllers/index.ts';
import { openMemoryStore } from '../../src/store/memory.ts';
import { objectCodec } from '../../src/apiserver/codec.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { deploymentOf, edit, namespace } from '../controllers/workloads.ts';
import { startCluster } from '../support/cluster.ts';

const chosen = (...choice: string[]) => chooseControllers(choice, controllers).map(({ name }) => name);
const all = controllers.map(({ name }) => name);

describe('a choice of controllers', () => {
  it.each<[string[], string[]]>([
    [['*'], all],
    [['*', '-deployment'], all.filter((name) => name !== 'deployment')],
    [['*', '-deployment-controller', '-job'], all.filter((name) => name !== 'deployment' && name !== 'job')],
    [
      ['deployment', 'replicaset'],
      ['deployment', 'replicaset'],
    ],
    [['deployment', '-deployment'], ['deployment']],
    [['-deployment', 'deployment'], []],
    [[], []],
  ])('%j', (choice, expected) => {
    expect(chosen(...choice)).toEqual(expected);
  });

  it('of one that does not exist is refused, with those that do', () => {
    expect(() => chosen('*', '-deploymint')).toThrow(`"deploymint" is not in the list of known controllers: ${all.join(', ')}`);
  });
});

it('a controller that was switched off does nothing, and catches up with everything when it is on again', async () => {
  const clock = new SimulatedClock();
  const store = openMemoryStore({ codec: objectCodec, clock });
  const without = await startCluster({ clock, store, controllers: chooseControllers(['*', '-deployment'], controllers) });
  await without.cluster().create(Deployment, deploymentOf('web', { replicas: 2 }));
  await without.clock.advance(30_000);
  expect((await without.cluster().list(Pod)).items).toEqual([]);
  await edit(without.cluster(), Deployment, 'web', (object) => void (object.spec.replicas = 3));
  await without.stop();

  const whole = await startCluster({ clock, store, seed: 2 });
  await whole.clock.advance(30_000);
  const { status } = await whole.cluster().get(Deployment, { namespace, name: 'web' });
  expect(status).toMatchObject({ observedGeneration: 2, replicas: 3, availableReplicas: 3 });
  await whole.stop();
  await store.close();
});
