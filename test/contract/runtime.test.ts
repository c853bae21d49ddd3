import { describe } from 'vitest';
import type { Pod } from '../../src/api/kinds.generated.ts';
import type { Runtime } from '../../src/agent/runtime.ts';
import { runtimes } from '../../src/agent/runtimes/index.ts';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { canIsolate, launchOf, makePlace, podNamed, type Mode, type Place } from '../support/process-runtime.ts';
import { runtimeContract, type RuntimeSubject } from './runtime.ts';

const script = {
  ends: { 'simulated.steersman.dev/log': 'hello', 'simulated.steersman.dev/run': '100ms', 'simulated.steersman.dev/exit': '3' },
  runs: { 'simulated.steersman.dev/log': 'hello' },
};
const simulated: RuntimeSubject = {
  open: () => {
    const open = runtimes.find(({ name }) => name === 'simulated')?.open as (typeof runtimes)[number]['open'];
    return Promise.resolve(open({ clock: realClock(), random: seededRandom(1), log: silentLog, folder: '/nowhere' }));
  },
  close: (runtime) => runtime.close(),
  pod: (kind) => {
    const pod = podNamed('web', { restartPolicy: kind === 'ends' ? 'Never' : 'Always' });
    return { ...pod, metadata: { ...pod.metadata, annotations: script[kind] } } as Pod;
  },
  launch: (_kind, attempt) => launchOf({ folder: '/nowhere' }, [], { attempt }),
};
runtimeContract('simulated', simulated);

function processSubject(mode: Mode): RuntimeSubject {
  const places = new Map<Runtime, Place>();
  let place: Place;
  return {
    open: async () => {
      place = await makePlace(mode);
      const runtime = await place.open();
      places.set(runtime, place);
      return runtime;
    },
    close: async (runtime) => {
      const left = await places.get(runtime)?.end();
      if (left === undefined || left.length > 0) throw new Error(`it leaves behind: ${left?.join('; ')}`);
    },
    pod: () => podNamed('web'),
    launch: (kind, attempt) =>
      launchOf(place, ['sh', '-c', kind === 'ends' ? 'echo hello; exit 3' : 'echo hello; exec sleep 600'], { attempt }),
  };
}
describe.skipIf(process.platform !== 'linux')('process', () => {
  runtimeContract('process, plain', processSubject('plain'));
});
describe.skipIf(process.platform !== 'linux')('process', () => {
  const exempt = { 'gives each pod an address of its own': 'all share 127.0.0.1' };
  runtimeContract('process, ports', { ...processSubject('ports'), exempt });
});
describe.skipIf(process.platform !== 'linux' || !(await canIsolate()))('process', () => {
  runtimeContract('process, isolated', processSubject('isolated'));
});
