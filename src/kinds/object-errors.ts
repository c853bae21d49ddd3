import type { KubeObject } from '../api/object.ts';
import type { FieldError } from '../api/status.ts';
import { decodingFault } from '../schema/decoding-fault.ts';
import { validate, validateBeside } from '../schema/validate.ts';
import type { ResourceKind } from './kind.ts';

/** What the two judges of an object say: its schema and the rules of its kind. */
export interface Verdict {
  /** All that is wrong, in the order in which it is told. */
  readonly errors: readonly FieldError[];
  /** Of a built-in kind: a value that its field cannot hold, so that Kubernetes could not even read the object; its decoder's words. */
  readonly unreadable?: string;
}

/**
 * All that is wrong with an object. Of a built-in kind the rules speak first, in upstream's order and words, also when the schema has
 * found something (a field that is missing, a value out of a closed set); of what the schema found, only that is added which stands
 * at fields that the rules have not named; of kinds whose rules are complete, nothing. Rules are not asked when a value has a wrong
 * type. Of a custom kind the rules ask the schema themselves. `subresource` is what was written to; '' for the object itself.
 */
export function judgeObject(kind: ResourceKind, object: KubeObject, old: KubeObject | undefined, subresource = ''): Verdict {
  if (kind.custom) return { errors: customErrors(kind, object, old) };
  const found = old === undefined ? validate(kind.schema, object) : validateBeside(kind.schema, object, old);
  if (found.length === 0) return { errors: kind.strategy?.validate?.(object, old, subresource) ?? [] };
  const unreadable = decodingFault(kind.schema, object);
  if (unreadable !== undefined) return { errors: found, unreadable };
  if (kind.strategy?.complete === true) return { errors: kind.strategy.validate?.(object, old, subresource) ?? [] };
  const own = ownErrors(kind, object, { old, subresource });
  const named = new Set(own.map(({ field }) => field));
  return { errors: [...own, ...found.filter(({ field }) => !named.has(field))] };
}

function customErrors(kind: ResourceKind, object: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  try {
    return kind.strategy?.validate?.(object, old) ?? [];
  } catch (error) {
    // Metadata of a wrong type, which the schema tells.
    const found = error instanceof TypeError ? validate(kind.schema, object) : [];
    if (found.length === 0) throw error;
    return found;
  }
}

interface Write {
  readonly old: KubeObject | undefined;
  readonly subresource: string;
}
function ownErrors(kind: ResourceKind, object: KubeObject, { old, subresource }: Write): readonly FieldError[] {
  try {
    return kind.strategy?.validate?.(object, old, subresource) ?? [];
  } catch (error) {
    // The rules stumbled over what is missing, which the schema has told.
    if (error instanceof TypeError) return [];
    throw error;
  }
}
