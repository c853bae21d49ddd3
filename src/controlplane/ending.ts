import { errorText } from '../base/log.ts';

/** What is to be ended, in the reverse order of the start, once. Goes on after a failure and tells all of them. */
export class Ending {
  readonly #steps: (() => Promise<unknown> | void)[] = [];
  #running: Promise<void> | undefined;

  add(step: () => Promise<unknown> | void): void {
    this.#steps.push(step);
  }

  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.toReversed()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, `the control plane did not stop cleanly: ${failures.map(errorText).join('; ')}`);
  }
}
