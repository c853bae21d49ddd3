import type { KubeObject } from '../../api/object.ts';
import { compareQuantities, QuantityError } from '../../api/quantity.ts';
import type { Caution } from '../../api/review.ts';
import { recordsAt, valueAt } from '../../base/json.ts';
import { cautionAbout, kindName, type Rule } from './world.ts';

const request = ['spec', 'resources', 'requests', 'storage'];

/** Claims that ask for less than they have: no server makes a volume smaller. */
export const volumeShrinks: Rule = {
  name: 'volume-shrinks',
  find: ({ changes }) =>
    changes.flatMap((change): Caution[] => {
      const { base, head } = change;
      if (base === undefined || head === undefined) return [];
      return shrunk(base, head).map(({ field, from, to, what }) => {
        const message = `asks ${what}for ${to} of storage instead of ${from}: volumes do not shrink, so the server refuses`;
        return cautionAbout(change, { rule: 'volume-shrinks', severity: 'blocker', message, fields: [field] });
      });
    }),
};

interface Shrunk {
  readonly field: string;
  readonly from: string;
  readonly to: string;
  readonly what: string;
}
function shrunk(base: KubeObject, head: KubeObject): Shrunk[] {
  if (kindName(head) === '/PersistentVolumeClaim') return compared(base, head, { field: request.join('.'), what: '' });
  if (kindName(head) !== 'apps/StatefulSet') return [];
  const before = claimTemplates(base);
  return [...claimTemplates(head)].flatMap(([name, claim]) => {
    const old = before.get(name);
    if (old === undefined) return [];
    return compared(old, claim, { field: `spec.volumeClaimTemplates[${name}].${request.join('.')}`, what: `in its claims ${name} ` });
  });
}

function claimTemplates(object: KubeObject): Map<string, unknown> {
  return new Map(recordsAt(object, ['spec', 'volumeClaimTemplates']).map((claim) => [String(valueAt(claim, ['metadata', 'name'])), claim]));
}

function compared(base: unknown, head: unknown, where: { field: string; what: string }): Shrunk[] {
  const from = valueAt(base, request);
  const to = valueAt(head, request);
  if (!isAmount(from) || !isAmount(to)) return [];
  try {
    return compareQuantities(to, from) < 0 ? [{ ...where, from: String(from), to: String(to) }] : [];
  } catch (error) {
    // What is no amount at all is for the validation to say.
    if (error instanceof QuantityError) return [];
    throw error;
  }
}
function isAmount(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
