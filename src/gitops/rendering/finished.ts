import { canonicalJson } from '../../base/json.ts';
import type { RenderResult } from '../renderer.ts';
import type { Artifact } from '../source.ts';
import { decrypted, isSealed, type Secrets } from './decrypted.ts';
import { substituted } from './substituted.ts';

export interface FinishOptions {
  readonly artifact: Artifact;
  readonly substitute: Readonly<Record<string, string>> | undefined;
  readonly sealed: 'keep' | 'refuse';
  /** Absent: nothing is decrypted. */
  readonly secrets: Secrets | undefined;
}

/** What a renderer gave, with variables put in and Secrets opened. From the same result come the same objects. @throws RenderError */
export async function finished(
  rendered: RenderResult,
  { artifact, substitute = {}, sealed, secrets }: FinishOptions,
): Promise<RenderResult> {
  const put =
    Object.keys(substitute).length === 0
      ? rendered
      : await once(puts, rendered, { key: canonicalJson(substitute), make: () => substituted(rendered, substitute) });
  if (secrets === undefined || !put.manifests.some(({ object }) => isSealed(object))) return put;
  return once(opened, put, { key: sealed, make: () => decrypted(put, { artifact, secrets, sealed }) });
}

type Kept = WeakMap<RenderResult, Map<string, Promise<RenderResult>>>;
const puts: Kept = new WeakMap();
const opened: Kept = new WeakMap();

/** Failures are not kept: a key may come. */
function once(
  kept: Kept,
  from: RenderResult,
  { key, make }: { key: string; make: () => RenderResult | Promise<RenderResult> },
): Promise<RenderResult> {
  let made = kept.get(from);
  if (made === undefined) kept.set(from, (made = new Map<string, Promise<RenderResult>>()));
  const all = made;
  const known = all.get(key);
  if (known !== undefined) return known;
  const fresh = Promise.resolve().then(make);
  all.set(key, fresh);
  fresh.catch(() => all.delete(key));
  return fresh;
}
