import { posix } from 'node:path';
import type { Container, Volume, VolumeMount } from '../../api/kinds.generated.ts';
import type { Clock } from '../../base/clock.ts';
import { errorText } from '../../base/log.ts';
import { expand } from '../launch/environment.ts';
import { RuntimeError, type Launch } from '../runtime.ts';
import { resolveSubPath, SubPathError } from './sub-path.ts';

type Mount = Launch['mounts'][number];
export interface MountFacts {
  readonly volumes: readonly Volume[];
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  folderOf(volume: Volume): string;
  /** By what the pod says of the volume itself. */
  isReadOnly(volume: Volume): boolean;
}

/** Where the mounts of a container come from. @throws RuntimeError CreateContainerConfigError */
export async function mountsOf(container: Container, facts: MountFacts): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = facts.volumes.find((one) => one.name === mount.name);
    if (volume === undefined) throw new RuntimeError('CreateContainerConfigError', `volume ${JSON.stringify(mount.name)} not found`);
    const from = await facts.clock.outside(fromOf(volume, mount, { ...facts, container: container.name }));
    mounts.push({
      from,
      to: posix.join('/', mount.mountPath),
      readOnly: mount.readOnly === true || isWritten(volume) || facts.isReadOnly(volume),
    });
  }
  return mounts;
}

/** Volumes that the agent writes are mounted read-only, as by a kubelet. */
function isWritten({ configMap, secret, downwardAPI, projected }: Volume): boolean {
  return [configMap, secret, downwardAPI, projected].some((source) => source !== undefined);
}

async function fromOf(volume: Volume, mount: VolumeMount, facts: MountFacts & { container: string }): Promise<string> {
  const folder = volume.hostPath?.path ?? facts.folderOf(volume);
  const subPath = mount.subPathExpr === undefined ? (mount.subPath ?? '') : expandSubPath(mount.subPathExpr, facts.env);
  if (subPath === '') return folder;
  try {
    return await resolveSubPath(folder, subPath);
  } catch (cause) {
    const isRule = cause instanceof SubPathError && cause.isRule;
    const prefix = isRule ? '' : `failed to prepare subPath for volumeMount "${mount.name}" of container "${facts.container}": `;
    throw new RuntimeError('CreateContainerConfigError', `${prefix}${errorText(cause)}`, { cause });
  }
}

/** @throws RuntimeError where a variable is missing */
function expandSubPath(expression: string, env: Readonly<Record<string, string>>): string {
  const names = [...expression.matchAll(/(?<!\$)\$\(([^()]*)\)/g)].map((match) => match[1] as string);
  const missing = names.find((name) => env[name] === undefined);
  if (missing === undefined) return expand(expression, env);
  throw new RuntimeError('CreateContainerConfigError', `failed to expand subPath: missing value for "${missing}"`);
}
