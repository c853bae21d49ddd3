import type { Kind, KubeObject } from '../api/object.ts';
import { clone } from '../base/json.ts';
import { withDefaults } from '../schema/defaults.ts';
import { normalise } from '../schema/normalise.ts';
import { dropUnknown } from '../schema/unknown.ts';
import type { ResourceKind } from './kind.ts';
import { judgeObject } from './object-errors.ts';

/** The object, which is the caller's own, with the defaults of its schema and of its kind. */
export function defaulted({ schema, strategy }: ResourceKind, object: KubeObject): KubeObject {
  const filled = withDefaults(schema, object);
  strategy?.defaults?.(filled);
  return filled;
}

/**
 * A new object as a server holds it, as far as its kind alone decides: known fields in one spelling, with their defaults. Undefined where the
 * kind refuses it or is none of `kinds`. What a server gives besides (uid, times, managers, what admission adds) is not there.
 */
export function servedForm(kinds: readonly ResourceKind[], of: Kind, object: Readonly<KubeObject>): KubeObject | undefined {
  const kind = kinds.find((one) => one.kind.plural === of.plural && one.kind.group === of.group && one.kind.version === of.version);
  if (kind === undefined) return undefined;
  const known: KubeObject & { status?: unknown } = clone(normalise(kind.schema, dropUnknown(kind.schema, object).value));
  if (kind.subresources.status !== undefined) delete known.status;
  const made = defaulted(kind, known);
  kind.strategy?.prepare?.(made, undefined, '');
  const { errors, unreadable } = judgeObject(kind, made, undefined);
  return errors.length === 0 && unreadable === undefined ? made : undefined;
}
