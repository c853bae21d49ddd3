import { ServiceCIDR } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell } from '../cells.ts';
import { immutable, invalidValue, required } from '../field-errors.ts';
import { parseRange, strictRangeErrors } from '../ip.ts';
import type { KindRules } from '../rules.ts';

const field = 'spec.cidrs';

export const servicecidr: KindRules<ServiceCIDR> = {
  kind: ServiceCIDR,
  complete: true,
  generation: 'none',
  validate: ({ spec }, old) => {
    const ranges = spec?.cidrs ?? [];
    return old === undefined ? rangesErrors(ranges) : changeErrors(ranges, old.spec?.cidrs ?? []);
  },
  cells: ({ metadata, spec }, now) => [metadata.name, (spec?.cidrs ?? []).join(','), ageCell(metadata.creationTimestamp, now)],
};

function rangesErrors(ranges: readonly string[]): FieldError[] {
  if (ranges.length === 0) return [required(field, 'at least one CIDR required')];
  if (ranges.length > 2) return [invalidValue(field, { CIDRs: ranges }, 'may only hold up to 2 values')];
  const errors = ranges.flatMap((range, index) => strictRangeErrors(`${field}[${index}]`, range));
  const [first, second] = ranges.map((range) => parseRange(range)?.address.family);
  if (ranges.length === 2 && first !== undefined && first === second) {
    errors.push(invalidValue(field, ranges, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'));
  }
  return errors;
}
/** A second range may come, of the other family; the first stays. */
function changeErrors(ranges: readonly string[], before: readonly string[]): FieldError[] {
  const wrong = (index: number): FieldError[] =>
    ranges[index] === before[index] ? [] : [immutable(`${field}[${index}]`, ranges[index] as string)];
  if (ranges.length === before.length) return before.flatMap((_range, index) => wrong(index));
  if (before.length === 1 && ranges.length === 2) return [...wrong(0), ...rangesErrors(ranges)];
  return [immutable(field, ranges)];
}
