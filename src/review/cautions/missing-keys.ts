import { refOf, refText, type KubeObject } from '../../api/object.ts';
import type { Caution } from '../../api/review.ts';
import { isRecord, valueAt } from '../../base/json.ts';
import { referencesOf, type Reference } from '../../gitops/references.ts';
import { isProvided } from './provided.ts';
import { cautionOn, type Rule, type Side, type World } from './world.ts';

/** Keys of ConfigMaps and Secrets that pods ask for by name and that are not there. */
export const missingKeys: Rule = {
  name: 'missing-key',
  find: (world) => [...readers(world)].flatMap((reader) => newlyLacked(world, reader)),
};

/** What changes itself, and what reads a ConfigMap or Secret that does. */
function readers({ changes, after }: World): Set<KubeObject> {
  const out = new Set<KubeObject>();
  for (const { head, name, ref } of changes) {
    if (head === undefined) continue;
    out.add(head);
    if (!isSource(ref.kind)) continue;
    for (const object of after.inNamespace(ref.namespace)) {
      if (referencesOf(object).some((reference) => reference.keys.length > 0 && refText(reference.ref) === name)) out.add(object);
    }
  }
  return out;
}
const isSource = (kind: string): boolean => kind === 'ConfigMap' || kind === 'Secret';

function newlyLacked(world: World, reader: KubeObject): Caution[] {
  const old = world.before.get(refText(refOf(reader)));
  const before = new Set(old === undefined ? [] : lacked(world.before, old).map(({ id }) => id));
  const found = lacked(world.after, reader).filter(({ id }) => !before.has(id));
  return found.map(({ reference, key }) => {
    const message = `asks for key ${key} of ${reference.ref.kind} ${reference.ref.name}, which has no such key: its pods do not start`;
    return cautionOn(world, reader, { rule: 'missing-key', severity: 'blocker', message, fields: [reference.field] });
  });
}

interface Lacked {
  readonly reference: Reference;
  readonly key: string;
  readonly id: string;
}
function lacked(side: Side, reader: KubeObject): Lacked[] {
  return referencesOf(reader).flatMap((reference) => {
    if (reference.optional || reference.keys.length === 0) return [];
    const name = refText(reference.ref);
    const source = side.get(name);
    if (source === undefined || isProvided(side, reference.ref)) return [];
    const there = keysOf(source);
    if (isFilledByOthers(source, there)) return [];
    return reference.keys.filter((key) => !there.has(key)).map((key) => ({ reference, key, id: `${name} ${key}` }));
  });
}

/** An object without any key waits for somebody to fill it in; the token of an account is made by the control plane. */
function isFilledByOthers(source: KubeObject, keys: ReadonlySet<string>): boolean {
  return keys.size === 0 || valueAt(source, ['type']) === 'kubernetes.io/service-account-token';
}

function keysOf(source: KubeObject): Set<string> {
  return new Set(
    ['data', 'binaryData', 'stringData'].flatMap((field) => {
      const values = valueAt(source, [field]);
      return isRecord(values) ? Object.keys(values) : [];
    }),
  );
}
