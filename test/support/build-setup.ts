import { bundle } from '../house/bundle.mjs';

/** Builds the program from the present sources, once per run: what end-to-end tests start is what they test. */
export default async function setup(): Promise<void> {
  const chosen = process.argv.filter((word) => word.startsWith('test/') && !word.endsWith('vitest.config.ts'));
  const startsIt = (word: string) => word.startsWith('test/e2e') || word.startsWith('test/cli');
  if (chosen.length === 0 || chosen.some((word) => startsIt(word))) await bundle();
}
