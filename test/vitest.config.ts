import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What starts programs and waits for them comes first, beside what computes: at the end nobody waits alone. */
class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const waits = ({ moduleId }: TestSpecification) => /\/test\/e2e\/|-user\.test\.ts$/.test(moduleId);
    return [...sorted.filter((file) => waits(file)), ...sorted.filter((file) => !waits(file))];
  }
}

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/corpus-setup.ts', 'test/support/build-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // One more than there are cores on a small machine: most time is waiting.
    maxWorkers: 3,
    // Modules are loaded once in each worker, not once for each file: no test changes what another sees.
    isolate: false,
    sequence: { sequencer: WaitingFirst },
  },
});
