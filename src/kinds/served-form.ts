import type { KubeObject } from '../api/object.ts';
import { clone } from '../base/json.ts';
import { withDefaults } from '../schema/defaults.ts';
import { normalise } from '../schema/normalise.ts';
import { dropUnknown } from '../schema/unknown.ts';
import type { ResourceKind } from './kind.ts';
import { judgeObject } from './object-errors.ts';

/**
 * A new object as a server holds it, as far as its kind alone decides: known fields in one spelling, with their defaults. Undefined where the
 * kind refuses it. What a server gives besides (uid, times, managers, what admission adds) is not there.
 */
export function servedForm(kind: ResourceKind, object: Readonly<KubeObject>): KubeObject | undefined {
  const { schema, strategy } = kind;
  const known = normalise(schema, dropUnknown(schema, object).value);
  const made = withDefaults(schema, clone(known)) as KubeObject & { status?: unknown };
  if (kind.subresources.status !== undefined) delete made.status;
  strategy?.defaults?.(made);
  strategy?.prepare?.(made, undefined, '');
  const { errors, unreadable } = judgeObject(kind, made, undefined);
  return errors.length === 0 && unreadable === undefined ? made : undefined;
}
