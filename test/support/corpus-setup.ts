import { corpus } from './corpus.ts';

/** Says once per run what is left out without the corpus. */
export default function setup(): void {
  if (corpus === undefined) console.log('skipped: tests over real manifests (no corpus; STEER_CORPUS names its folder)');
}
