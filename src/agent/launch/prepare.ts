import type { Container, Pod } from '../../api/kinds.generated.ts';
import type { Cluster } from '../../client/cluster.ts';
import type { Clock } from '../../base/clock.ts';
import { logFileOf, removeOldRuns } from '../log-files.ts';
import type { ImageInfo, Launch, Runtime, Sandbox } from '../runtime.ts';
import { podFolder } from '../volumes/folders.ts';
import type { PodVolumes, VolumeServices } from '../volumes/pod-volumes.ts';
import { environmentOf } from './environment.ts';
import { launchOf } from './launch.ts';
import { serviceEnvironment } from './service-environment.ts';
import { makeMessageFile, messageFile } from './termination-message.ts';

/** What containers that really run need, and simulated ones do not: files of this machine. */
export interface RealParts {
  readonly volumes: PodVolumes;
  readonly services: VolumeServices;
}
export interface PrepareContext {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly runtime: Runtime;
  readonly sandbox: Sandbox;
  readonly hostAddress: string;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly logDirectory: string;
  readonly real: RealParts | undefined;
  /** A warning about the pod. */
  warn(reason: string, message: string): void;
}

/** Fetches the image, and puts together all that the container is started with. @throws RuntimeError with the waiting reason */
export async function prepareLaunch(
  pod: Readonly<Pod>,
  container: Container,
  about: { readonly attempt: number; readonly signal: AbortSignal; readonly context: PrepareContext; pulled(): void },
): Promise<{ launch: Launch; imageId: string }> {
  const { context, attempt } = about;
  const policy = (container.imagePullPolicy ?? 'IfNotPresent') as 'Always' | 'IfNotPresent' | 'Never';
  const image = await context.runtime.pull(container.image ?? '', { policy, secrets: [], signal: about.signal, pod });
  about.pulled();
  const env = await environmentOf(pod, container, {
    cluster: context.cluster,
    podAddresses: context.sandbox.addresses,
    ports: context.sandbox.ports,
    hostAddress: context.hostAddress,
    allocatable: context.allocatable,
    services: context.real === undefined ? {} : await serviceEnvironment(pod, context.cluster, context.sandbox.ports !== undefined),
    skipped: (sentence) => context.warn('InvalidEnvironmentVariableNames', sentence),
  });
  const mounts = context.real === undefined ? [] : await mountsOf(pod, container, { real: context.real, env, attempt, context });
  const logFile = logFileOf(context.logDirectory, pod, { container: container.name, attempt });
  if (context.real !== undefined) await context.clock.outside(removeOldRuns(logFile, attempt));
  return { launch: launchOf(pod, container, { image: known(image, context.runtime), env, mounts, attempt, logFile }), imageId: image.id };
}

/** What unpacks no image runs as whoever this process is. */
function known(image: ImageInfo, runtime: Runtime): ImageInfo {
  return image.user !== '' || runtime.can.pullImages ? image : { ...image, user: String(process.getuid?.() ?? 0) };
}

/** Where the last words of a run are written; undefined where nothing can be mounted. */
export function messageFileOf(
  pod: Readonly<Pod>,
  container: Container,
  of: Pick<PrepareContext, 'real' | 'runtime'> & { attempt: number },
): string | undefined {
  if (of.real === undefined || of.runtime.can.isolate === 'nothing') return undefined;
  return messageFile(podFolder(of.real.services.folders.root, pod.metadata.uid ?? ''), container.name, of.attempt);
}

async function mountsOf(
  pod: Readonly<Pod>,
  container: Container,
  about: { real: RealParts; env: Readonly<Record<string, string>>; attempt: number; context: PrepareContext },
): Promise<Launch['mounts']> {
  const { real, env, attempt, context } = about;
  const mounts = await real.volumes.mountsOf(container, env);
  const file = messageFileOf(pod, container, { ...context, attempt });
  const path = container.terminationMessagePath ?? '/dev/termination-log';
  if (file === undefined || path === '' || mounts.some((mount) => mount.to === path)) return mounts;
  await context.clock.outside(makeMessageFile(file));
  return [...mounts, { from: file, to: path, readOnly: false }];
}
