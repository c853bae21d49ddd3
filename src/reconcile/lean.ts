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

/** Parts of values that are being looked at, outer ones first: what is not kept leaves no garbage. */
const stack: unknown[] = [];

/** The same JSON value, with `a` or `b` or parts of them in place of what equals them. */
function sharing(value: unknown, a: unknown, b: unknown): unknown {
  if (value === a || value === b) return value;
  if (typeof value !== 'object' || value === null) return value;
  const base = stack.length;
  const shared = Array.isArray(value)
    ? sharingList(value, Array.isArray(a) ? a : [], Array.isArray(b) ? b : [])
    : sharingRecord(value as Json, isRecord(a) ? a : {}, isRecord(b) ? b : {});
  stack.length = base;
  return shared;
}

function sharingList(value: readonly unknown[], a: readonly unknown[], b: readonly unknown[]): unknown {
  const base = stack.length;
  for (let at = 0; at < value.length; at++) stack.push(sharing(value[at], a[at], b[at]));
  if (isListOf(a, value.length, base)) return a;
  if (isListOf(b, value.length, base)) return b;
  return isListOf(value, value.length, base) ? value : Object.freeze(stack.slice(base));
}

/** A frozen list of the parts that lie on the stack from `base`. */
function isListOf(list: readonly unknown[], length: number, base: number): boolean {
  if (list.length !== length || !Object.isFrozen(list)) return false;
  for (let at = 0; at < length; at++) if (list[at] !== stack[base + at]) return false;
  return true;
}

type Json = Readonly<Record<string, unknown>>;

function sharingRecord(value: Json, a: Json, b: Json): unknown {
  const base = stack.length;
  for (const key in value) if (Object.hasOwn(value, key)) stack.push(sharing(value[key], own(a, key), own(b, key)));
  // Most often nothing has to be made: it is as before, or as another's, or all new.
  if (isRecordOf(a, value, base)) return a;
  if (isRecordOf(b, value, base)) return b;
  if (isRecordOf(value, value, base)) return value;
  const out: Record<string, unknown> = {};
  let at = base;
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    const part = stack[at++];
    if (part !== undefined) setOwn(out, key, part);
  }
  return Object.freeze(out);
}

/** A frozen record of the members of `value`, as they lie on the stack from `base`, and of no others. */
function isRecordOf(record: Json, value: Json, base: number): boolean {
  if (!Object.isFrozen(record)) return false;
  let count = stack.length - base;
  for (const key in record) if (Object.hasOwn(record, key)) count--;
  if (count !== 0) return false;
  let at = base;
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    const part = stack[at++];
    if (part === undefined || own(record, key) !== part) return false;
  }
  return true;
}

function own(model: Json, key: string): unknown {
  return Object.hasOwn(model, key) ? model[key] : undefined;
}
