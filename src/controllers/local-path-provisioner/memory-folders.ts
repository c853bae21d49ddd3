import type { VolumeFolders } from './provisioning.ts';

/** Folders that only seem to be, for pods that only seem to run. */
export function memoryVolumeFolders(root = '/var/lib/steersman/volumes'): VolumeFolders & { names(): readonly string[] } {
  const made = new Set<string>();
  const begun = new Set<string>();
  const done = Promise.resolve();
  return {
    pathOf: (name) => `${root}/${name}`,
    make: (name) => {
      made.add(name);
      begun.add(name);
      return done;
    },
    settle: (name) => {
      begun.delete(name);
      return done;
    },
    remove: (name) => {
      made.delete(name);
      begun.delete(name);
      return done;
    },
    begun: () => Promise.resolve([...begun]),
    names: () => [...made],
  };
}
