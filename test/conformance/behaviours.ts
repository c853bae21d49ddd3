import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../support/sources.ts';

export interface Behaviour {
  readonly name: string;
  /** Of Kubernetes' test/e2e. */
  readonly file: string;
  /** Why it is not tested yet; undefined when it is. */
  readonly later: string | undefined;
}
interface Listed {
  readonly reasons: Readonly<Record<string, string>>;
  readonly behaviours: Readonly<Record<string, readonly (string | Readonly<Record<string, readonly string[]>>)[]>>;
}

/** Everything that behaviours.yaml lists, in its order. @throws Error for a reason that it does not give */
export function readBehaviours(): readonly Behaviour[] {
  const { reasons, behaviours } = parse(readFileSync(join(root, 'test/conformance/behaviours.yaml'), 'utf8')) as Listed;
  return Object.entries(behaviours).flatMap(([file, entries]) =>
    entries.flatMap((entry): Behaviour[] => {
      if (typeof entry === 'string') return [{ name: entry, file, later: undefined }];
      return Object.entries(entry).flatMap(([reason, names]) => {
        const later = reasons[reason];
        if (later === undefined) throw new Error(`behaviours.yaml gives no reason ${reason}`);
        return names.map((name) => ({ name, file, later }));
      });
    }),
  );
}
