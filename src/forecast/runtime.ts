import type { Container, Pod } from '../api/kinds.generated.ts';
import { RuntimeError, type Runtime, type RuntimeOptions } from '../agent/runtime.ts';
import { runtimes } from '../agent/runtimes/index.ts';
import type { Startup } from './request.ts';

const prefix = 'simulated.steersman.dev/';

interface Wishes {
  readonly startup: Startup;
  /** What keeps a pod's containers from starting. */
  missing(pod: Readonly<Pod>): Promise<{ readonly reason: string; readonly message: string } | undefined>;
}

/** The simulated runtime, in which images take their time to start. What a pod itself says of its simulation comes first. */
export function forecastRuntime(options: RuntimeOptions, { startup, missing }: Wishes): Runtime {
  const simulated = runtimes.find(({ name }) => name === 'simulated');
  if (simulated === undefined) throw new Error('there is no simulated runtime');
  const real = simulated.open(options);
  return {
    ...real,
    openSandbox: async (pod, signal) => {
      const sandbox = await real.openSandbox(withStartup(pod, startup), signal);
      return {
        ...sandbox,
        get containers() {
          return sandbox.containers;
        },
        get atRest() {
          return sandbox.atRest === true;
        },
        start: async (launch, stop) => {
          const lack = await missing(pod);
          if (lack !== undefined) throw new RuntimeError(lack.reason, lack.message);
          return sandbox.start(launch, stop);
        },
        // Nobody knows the load: an autoscaler sees none, so it keeps to its bounds.
        stats: () => Promise.resolve({ containers: [], receivedBytes: 0, sentBytes: 0 }),
      };
    },
  };
}

/** The pod with what its images take to start, as annotations that the runtime reads. */
export function withStartup(pod: Readonly<Pod>, startup: Startup): Readonly<Pod> {
  const given = pod.metadata.annotations ?? {};
  const added: Record<string, string> = {};
  for (const container of pod.spec?.containers ?? []) {
    const ms = startupOf(container.image ?? '', startup);
    const what = asksWhetherReady(container) ? 'ready' : 'start';
    const names = ['ready', 'start'].flatMap((each) => [`${prefix}${each}`, `${prefix}${each}.${container.name}`]);
    if (ms > 0 && !names.some((name) => given[name] !== undefined)) added[`${prefix}${what}.${container.name}`] = `${ms}ms`;
  }
  if (Object.keys(added).length === 0) return pod;
  return { ...pod, metadata: { ...pod.metadata, annotations: { ...given, ...added } } };
}

function asksWhetherReady(container: Readonly<Container>): boolean {
  return container.readinessProbe !== undefined || container.startupProbe !== undefined;
}

/** Of an image with its tag. */
export function startupOf(image: string, { images, defaultMs }: Startup): number {
  return images.find((each) => each.image === image || each.image === withoutTag(image))?.ms ?? defaultMs;
}
function withoutTag(image: string): string {
  const [name = ''] = image.split('@');
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}
