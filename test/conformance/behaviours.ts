import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../support/sources.ts';

export interface Behaviour {
  readonly name: string;
  /** Of Kubernetes' test/e2e. */
  readonly file: string;
  /** Undefined when it is tested. */
  readonly untested: { readonly why: string; readonly beyond: boolean } | undefined;
}
interface Listed {
  readonly beyond: Readonly<Record<string, string>>;
  readonly soon: Readonly<Record<string, string>>;
  readonly behaviours: Readonly<Record<string, readonly (string | Readonly<Record<string, readonly string[]>>)[]>>;
}

/** Everything that behaviours.yaml lists, in its order. @throws Error for a reason that it does not give */
export function readBehaviours(): readonly Behaviour[] {
  const { beyond, soon, behaviours } = parse(readFileSync(join(root, 'test/conformance/behaviours.yaml'), 'utf8')) as Listed;
  return Object.entries(behaviours).flatMap(([file, entries]) =>
    entries.flatMap((entry): Behaviour[] => {
      if (typeof entry === 'string') return [{ name: entry, file, untested: undefined }];
      return Object.entries(entry).flatMap(([reason, names]) => {
        const why = beyond[reason] ?? soon[reason];
        if (why === undefined) throw new Error(`behaviours.yaml gives no reason ${reason}`);
        return names.map((name) => ({ name, file, untested: { why, beyond: reason in beyond } }));
      });
    }),
  );
}
