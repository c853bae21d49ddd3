import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What computes for minutes, the longest first. */
const long = ['controllers/fault-seeds', 'gitops/fault-seeds', 'gitops/corpus-plans', 'gitops/fault-mutations', 'scheduler/fault-seeds'];

/**
 * What starts programs and waits for them comes first, with what computes for long spread between, so that neither is left over: at the end
 * nobody waits alone.
 */
class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const waits = ({ moduleId }: TestSpecification) => /\/test\/e2e\/|-user\.test\.ts$|\/reality\.test\.ts$/.test(moduleId);
    const isLong = ({ moduleId }: TestSpecification) => long.some((name) => moduleId.endsWith(`/test/${name}.test.ts`));
    const first = sorted.filter((file) => waits(file));
    const between = long.flatMap((name) => sorted.filter(({ moduleId }) => moduleId.endsWith(`/test/${name}.test.ts`)));
    between.forEach((file, index) => first.splice(index * 9, 0, file));
    return [...first, ...sorted.filter((file) => !waits(file) && !isLong(file))];
  }
}

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/corpus-setup.ts', 'test/support/scratch-setup.ts', 'test/support/build-setup.ts'],
    // A soak takes as long as it takes; this ends what hangs.
    testTimeout: process.env['STEER_SOAK'] === '1' ? 6 * 3_600_000 : 120_000,
    hookTimeout: 120_000,
    // One more than there are cores on a small machine: most time is waiting.
    maxWorkers: 3,
    // Modules are loaded once in each worker, not once for each file: no test changes what another sees.
    isolate: false,
    sequence: { sequencer: WaitingFirst },
  },
});
