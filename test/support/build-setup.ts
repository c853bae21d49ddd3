import { bundle } from '../house/bundle.mjs';

/** Builds the program from the present sources, once per run: what end-to-end tests start is what they test. */
export default async function setup(): Promise<void> {
  await bundle();
}
