import { bundle } from '../house/bundle.mjs';

/**
 * Builds the program from the present sources, once per run: what end-to-end tests start is what they test. A run inside a run (STEER_BUILT)
 * has it already.
 */
export default async function setup(): Promise<void> {
  if (process.env['STEER_BUILT'] !== undefined) return;
  const chosen = process.argv.filter((word) => word.startsWith('test/') && !word.endsWith('vitest.config.ts'));
  const startsIt = (word: string) => word.startsWith('test/e2e') || word.startsWith('test/cli');
  if (chosen.length === 0 || chosen.some((word) => startsIt(word))) await bundle();
}
