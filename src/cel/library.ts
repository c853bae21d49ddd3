import type { Overload } from './declare.ts';
import { addresses } from './functions/addresses.ts';
import { conversions } from './functions/convert.ts';
import { lists } from './functions/lists.ts';
import { namedFormats, type FormatCheck } from './functions/named-formats.ts';
import { operators } from './functions/operators.ts';
import { optionals } from './functions/optionals.ts';
import { patterns } from './functions/patterns.ts';
import { quantities } from './functions/quantities.ts';
import { semvers } from './functions/semvers.ts';
import { strings } from './functions/strings.ts';
import { times } from './functions/time.ts';
import { urls } from './functions/urls.ts';

/** The functions that expressions may call, by name and in the order in which they are tried. */
export type Library = ReadonlyMap<string, readonly Overload[]>;

/** CEL's standard functions and those of Kubernetes' rules (v1.35). `formats` are those that `format.named` knows. */
export function createLibrary(formats: Readonly<Record<string, FormatCheck>> = {}): Library {
  const all = [
    ...operators,
    ...conversions,
    ...times,
    ...strings,
    ...patterns,
    ...lists,
    ...optionals,
    ...quantities,
    ...urls,
    ...addresses,
    ...semvers,
    ...namedFormats(formats),
  ];
  const library = new Map<string, Overload[]>();
  for (const one of all) {
    const known = library.get(one.name);
    if (known === undefined) library.set(one.name, [one]);
    else known.push(one);
  }
  return library;
}
