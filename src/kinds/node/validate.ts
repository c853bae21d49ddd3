import type { Node, NodeSpec, NodeStatus, Taint } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { duplicate, fieldForbidden, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { parseRange, rangeErrors } from '../ip.ts';
import { labelValue, qualifiedName } from '../names.ts';
import { amountErrors } from '../quota/resource-names.ts';
import type { Sent } from '../sent.ts';

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const rangesField = 'spec.podCIDRs';

/** What is wrong with a Node (kubernetes v1.35, ValidateNode, ValidateNodeUpdate). */
export function nodeErrors({ spec = {}, status = {} }: Sent<Node>, old: Sent<Node> | undefined): FieldError[] {
  if (old === undefined) return [...taintsErrors(spec.taints ?? []), ...resourceErrors(status), ...rangesErrors(spec.podCIDRs ?? [])];
  const before = old.spec ?? {};
  const errors = [...resourceErrors(status), ...addressErrors(status), ...changedRangeErrors(spec, before)];
  if (before.providerID && spec.providerID !== before.providerID) {
    errors.push(fieldForbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  errors.push(...taintsErrors(spec.taints ?? []));
  if ((spec.externalID ?? '') !== (before.externalID ?? '')) errors.push(fieldForbidden('spec.externalID', 'may not be updated'));
  return errors;
}

/** Upstream looks for taints below the metadata, and says so. */
function taintsErrors(taints: readonly Sent<Taint>[]): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, index) => {
    const at = `metadata.taints[${index}]`;
    const { key = '', value = '', effect = '' } = taint;
    const errors = invalidEach(`${at}.key`, key, qualifiedName(key));
    const broken = labelValue(value);
    if (broken.length > 0) errors.push(invalidValue(`${at}.value`, value, broken.join(';')));
    if (effect === '') errors.push(required(`${at}.effect`));
    else if (!effects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, effects));
    const same = `${effect}/${key}`;
    if (seen.has(same)) errors.push({ ...duplicate(at, shown(taint)), detail: 'taints must be unique by key and effect pair' });
    seen.add(same);
    return errors;
  });
}
/** A taint as it is within upstream's server, which its message shows. */
function shown({ key = '', value = '', effect = '', timeAdded }: Sent<Taint>): object {
  return { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded ?? null };
}

function resourceErrors(status: Sent<NodeStatus>): FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((list) =>
    Object.entries(status[list] ?? {}).flatMap(([name, amount]) => amountErrors(`status.${list}.${name}`, name, amount)),
  );
}
function addressErrors({ addresses = [] }: Sent<NodeStatus>): FieldError[] {
  const seen = new Set<string>();
  return addresses.flatMap(({ type = '', address = '' }, index) => {
    const key = `${type}\n${address}`;
    const errors = seen.has(key) ? [duplicate(`status.addresses[${index}]`, { Type: type, Address: address })] : [];
    seen.add(key);
    return errors;
  });
}

function rangesErrors(ranges: readonly string[]): FieldError[] {
  const errors = ranges.flatMap((range, index) => rangeErrors(`${rangesField}[${index}]`, range));
  if (ranges.length < 2) return errors;
  const families = new Set(ranges.map((range) => parseRange(range)?.address.family));
  if (families.size < 2 || ranges.length > 2) {
    errors.push(invalidValue(rangesField, ranges, 'may specify no more than one CIDR for each IP family'));
  }
  return [
    ...errors,
    ...ranges.flatMap((range, index) => (ranges.indexOf(range) < index ? [duplicate(`${rangesField}[${index}]`, range)] : [])),
  ];
}
function changedRangeErrors({ podCIDRs = [] }: Sent<NodeSpec>, { podCIDRs: before = [] }: Sent<NodeSpec>): FieldError[] {
  if (before.length === 0 || jsonEqual(podCIDRs, before)) return [];
  const wrong = fieldForbidden(rangesField, 'node updates may not change podCIDR except from "" to valid');
  return podCIDRs.length === before.length ? before.filter((range, index) => range !== podCIDRs[index]).map(() => wrong) : [wrong];
}
