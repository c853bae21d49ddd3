import { keyText, type ObjectKey } from '../api/object.ts';
import { canonicalJson } from '../base/json.ts';
import { mapConcurrent } from '../gitops/concurrent.ts';
import type { Found, FoundApplication } from '../gitops/found.ts';
import type { Artifact } from '../gitops/source.ts';
import { inputsOf } from './reach.ts';

/** One application at both revisions; absent where that one has none of the name. */
export interface Pair {
  readonly application: ObjectKey;
  readonly base?: FoundApplication;
  readonly head?: FoundApplication;
  /** Written down alike, and all that rendering it may read is the same: its manifests are the same. */
  readonly same: boolean;
}
/** A tree and what it holds. */
export interface Tree {
  readonly artifact: Artifact;
  readonly found: Found;
}

/** Applications by name, each with what the two trees say of it. */
export async function pairsOf(base: Tree, head: Tree): Promise<Pair[]> {
  const both = [base, head].map(({ found }) => new Map(found.applications.map((one) => [keyText(one.application), one])));
  const [before, after] = both as [Map<string, FoundApplication>, Map<string, FoundApplication>];
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return mapConcurrent(names, 16, async (name) => {
    const [old, now] = [before.get(name), after.get(name)];
    const { application } = (now ?? old) as FoundApplication;
    const same = old !== undefined && now !== undefined && (await sameInputs([base, old], [head, now]));
    return { application, ...(old === undefined ? {} : { base: old }), ...(now === undefined ? {} : { head: now }), same };
  });
}

async function sameInputs([base, old]: [Tree, FoundApplication], [head, now]: [Tree, FoundApplication]): Promise<boolean> {
  if (!sameDefinition(old, now)) return false;
  if (base.artifact.commit === head.artifact.commit) return true;
  return (await inputsOf(base.artifact, old)) === (await inputsOf(head.artifact, now));
}

/** Where it is written down does not count. */
function sameDefinition(a: FoundApplication, b: FoundApplication): boolean {
  const { origin: _old, ...old } = a;
  const { origin: _now, ...now } = b;
  return canonicalJson(old) === canonicalJson(now);
}
