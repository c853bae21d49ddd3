import type { Container, Pod } from '../../api/kinds.generated.ts';
import { milliValue, wholeValue } from '../../api/quantity.ts';
import type { ImageInfo, Launch } from '../runtime.ts';
import { expand } from './environment.ts';
import { rightsOf } from './rights.ts';
import { userOf } from './user.ts';

export interface LaunchFacts {
  readonly image: ImageInfo;
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: Launch['mounts'];
  readonly attempt: number;
  readonly logFile: string;
}

/** Everything a runtime needs to start one container. @throws RuntimeError CreateContainerConfigError */
export function launchOf(pod: Readonly<Pod>, container: Container, facts: LaunchFacts): Launch {
  const { env, mounts, attempt, logFile } = facts;
  const user = userOf(pod, container, facts.image.user);
  const rights = rightsOf(pod, container);
  return {
    container: container.name,
    image: container.image ?? '',
    command: [...(container.command ?? []), ...(container.args ?? [])].map((word) => expand(word, env)),
    env,
    workingDir: container.workingDir ?? '',
    tty: container.tty ?? false,
    stdin: container.stdin ?? false,
    ...(user === undefined ? {} : { user }),
    ...(container.securityContext?.readOnlyRootFilesystem === true ? { readOnlyRoot: true } : {}),
    ...(rights === undefined ? {} : { rights }),
    mounts,
    limits: limitsOf(container),
    logFile,
    attempt,
  };
}

function limitsOf(container: Container): Launch['limits'] {
  const { cpu, memory } = container.resources?.limits ?? {};
  const cpuMillis = cpu === undefined ? 0 : milliValue(cpu);
  const memoryBytes = memory === undefined ? 0 : wholeValue(memory);
  return { ...(cpuMillis > 0 && { cpuMillis }), ...(memoryBytes > 0 && { memoryBytes }) };
}
