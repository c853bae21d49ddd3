import type { KubeObject } from '../api/object.ts';
import { controllerOf } from '../api/owner.ts';
import { isRecord, setOwn } from '../base/json.ts';

/** So that the informers of a process share one object as long as its original lives, which is when they are all told of it. */
const known = new WeakMap<KubeObject, KubeObject>();
/** The object of each family that was seen last: most of what the next one says is said there already. */
const models = new Map<string, KubeObject>();
const mostModels = 1000;
/** What a spec became here. Most changes are of a status, and come with the very spec that was there before. */
const specs = new WeakMap<object, unknown>();
type WithSpec = KubeObject & { readonly spec?: unknown };

/**
 * An object as caches keep it: without managedFields, which are half of it, and made of the same parts as `previous`, its former state,
 * and as others of its owner wherever they are equal. So a thousand pods of one template hold that template once. Frozen.
 */
export function lean<T extends KubeObject>(object: Readonly<T>, previous: Readonly<T> | undefined): Readonly<T> {
  const done = known.get(object) as Readonly<T> | undefined;
  if (done !== undefined) return done;
  const family = `${object.apiVersion} ${object.kind} ${controllerOf(object)?.uid ?? object.metadata.namespace ?? ''}`;
  const shown = sharing(bare(object), previous, models.get(family)) as Readonly<T>;
  const [from, to] = [(object as WithSpec).spec, (shown as WithSpec).spec];
  if (isRecord(from) && from !== to) specs.set(from, to);
  keepModel(family, shown);
  known.set(object, shown);
  return shown;
}

function bare(object: WithSpec): KubeObject {
  const { managedFields: _left, ...metadata } = object.metadata;
  const spec = isRecord(object.spec) ? specs.get(object.spec) : undefined;
  return { ...object, metadata, ...(spec !== undefined && { spec }) } as KubeObject;
}

function keepModel(family: string, object: KubeObject): void {
  if (!models.has(family) && models.size >= mostModels) {
    for (const oldest of models.keys()) {
      models.delete(oldest);
      break;
    }
  }
  models.set(family, object);
}

/** The same JSON value, with `a` or `b` or parts of them in place of what equals them. */
function sharing(value: unknown, a: unknown, b: unknown): unknown {
  if (value === a || value === b) return value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return sharingList(value, Array.isArray(a) ? a : [], Array.isArray(b) ? b : []);
  return sharingRecord(value as Record<string, unknown>, isRecord(a) ? a : {}, isRecord(b) ? b : {});
}

function sharingList(value: readonly unknown[], a: readonly unknown[], b: readonly unknown[]): unknown {
  const out = value.map((item, at) => sharing(item, a[at], b[at]));
  for (const model of [a, b, value]) {
    if (model.length === out.length && Object.isFrozen(model) && out.every((item, at) => item === model[at])) return model;
  }
  return Object.freeze(out);
}

function sharingRecord(value: Record<string, unknown>, a: Record<string, unknown>, b: Record<string, unknown>): unknown {
  const keys = Object.keys(value);
  const parts = keys.map((key) => sharing(value[key], own(a, key), own(b, key)));
  // Most often nothing has to be made: it is as before, or as another's, or all new.
  for (const model of [a, b, value]) if (isMadeOf(model, keys, parts)) return model;
  const out: Record<string, unknown> = {};
  for (const [at, key] of keys.entries()) if (parts[at] !== undefined) setOwn(out, key, parts[at]);
  return Object.freeze(out);
}

/** A frozen record of these members and no others. */
function isMadeOf(record: Record<string, unknown>, keys: readonly string[], parts: readonly unknown[]): boolean {
  if (!Object.isFrozen(record)) return false;
  let count = 0;
  for (const key in record) if (Object.hasOwn(record, key)) count++;
  return count === keys.length && keys.every((key, at) => parts[at] !== undefined && record[key] === parts[at]);
}

function own(model: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(model, key) ? model[key] : undefined;
}
