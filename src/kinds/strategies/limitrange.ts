import { LimitRange, type LimitRangeItem } from '../../api/kinds.generated.ts';
import { duplicate } from '../field-errors.ts';
import { limitErrors } from '../quota/limits.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';

export const limitrange: KindRules<LimitRange> = {
  kind: LimitRange,
  complete: true,
  generation: 'none',
  defaults: (object) => {
    for (const item of object.spec?.limits ?? []) if (item.type === 'Container') defaultItem(item);
  },
  validate: (object) => {
    const { spec = {} }: Sent<LimitRange> = object;
    const types = new Set<string>();
    return (spec.limits ?? []).flatMap((item, index) => {
      const at = `spec.limits[${index}]`;
      const { type = '' } = item;
      const errors = types.has(type) ? [duplicate(`${at}.type`, type)] : [];
      types.add(type);
      return [...errors, ...limitErrors(item, at)];
    });
  },
};

/** Limits of containers are their most, requests their limits, where nothing else is said (kubernetes v1.35, SetDefaults_LimitRangeItem). */
function defaultItem(item: LimitRangeItem): void {
  item.default = { ...item.max, ...item.default };
  item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
}
