import type { Pod } from '../api/kinds.generated.ts';
import type { Clock } from '../base/clock.ts';
import { errorText } from '../base/log.ts';
import type { Runtime, Sandbox } from './runtime.ts';
import type { PodVolumes } from './volumes/pod-volumes.ts';

export interface SandboxMakerOptions {
  readonly clock: Clock;
  readonly runtime: Runtime;
  readonly volumes: PodVolumes | undefined;
  /** The newest state of the pod. */
  pod(): Readonly<Pod>;
  tell(type: 'Normal' | 'Warning', reason: string, message: string): void;
}

const longestPauseMs = 60_000;

/** Makes what the containers of one pod share. Failures are told and tried again later, each time after twice as long. */
export class SandboxMaker {
  readonly #options: SandboxMakerOptions;
  #failures = 0;

  constructor(options: SandboxMakerOptions) {
    this.#options = options;
  }

  /** Volumes first, then the sandbox, then what only a sandbox has. Answers instead when to try again. @throws the reason of the signal */
  async make(signal: AbortSignal): Promise<Sandbox | number> {
    const volumesAtMs = await this.#options.volumes?.prepare();
    if (signal.aborted) throw signal.reason as Error;
    return volumesAtMs ?? this.#open(signal);
  }

  /** What a pod shares may be lost with whoever held it, by a reboot above all, and what was in memory too: all of it is made anew, as a kubelet does it. */
  async replace(old: Sandbox, signal: AbortSignal): Promise<Sandbox | number> {
    const { volumes, tell } = this.#options;
    const volumesAtMs = await volumes?.prepare();
    if (signal.aborted) throw signal.reason as Error;
    if (volumesAtMs !== undefined) return volumesAtMs;
    if (this.#failures === 0) tell('Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
    await old.remove();
    return this.#open(signal);
  }

  async #open(signal: AbortSignal): Promise<Sandbox | number> {
    const { runtime, volumes, clock, pod, tell } = this.#options;
    let sandbox;
    try {
      sandbox = await runtime.openSandbox(pod(), signal);
      await volumes?.attach(sandbox);
      this.#failures = 0;
      return sandbox;
    } catch (error) {
      await sandbox?.remove();
      if (signal.aborted) throw error;
      tell('Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${errorText(error)}`);
      return clock.now() + Math.min(longestPauseMs, 1000 * 2 ** this.#failures++);
    }
  }
}
