import type { ContainerState } from './container-state.ts';
import type { RunningContainer } from './runtime.ts';

/** One run of a container: itself, and the file that it writes or wrote. */
export interface Run {
  readonly run?: RunningContainer;
  readonly file?: string;
}
export interface Runs {
  readonly current: Run;
  readonly previous: Run;
  /** The waiting reason where there is no run. */
  readonly waiting: string;
}

/** The runs whose logs can be asked for, as a kubelet chooses them. `fileOf` is absent where runs leave no files. */
export function runsOf(state: ContainerState | undefined, fileOf: ((attempt: number) => string) | undefined): Runs {
  const waiting = state?.waiting?.reason ?? 'ContainerCreating';
  if (state === undefined) return { current: {}, previous: {}, waiting };
  const { running, ended, endedBefore, restarts } = state;
  const run = (known: RunningContainer | undefined, attempt: number): Run => ({
    ...(known === undefined ? {} : { run: known }),
    ...(fileOf === undefined || attempt < 0 ? {} : { file: fileOf(attempt) }),
  });
  // What waits for its restart has the run that ended last as its last state.
  const backsOff = running === undefined && state.terminated !== undefined && state.waiting !== undefined;
  const previous = backsOff ? run(ended, restarts) : run(running === undefined ? endedBefore : ended, restarts - 1);
  return { current: run(running ?? ended, restarts), previous, waiting };
}
