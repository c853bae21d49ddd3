import { formatQuantity, type Quantity } from '../../api/quantity.ts';
import { amountsOf, type Amounts } from '../amounts.ts';
import type { LimitRangeItem } from '../policies.ts';

/** What something asks for and may use; no `limits` where the kind has none. */
export interface Usage {
  readonly requests: Amounts;
  readonly limits?: Amounts;
}

/** How a usage is outside of one item of a LimitRange, in upstream's words, by resource. */
export function limitProblems(item: LimitRangeItem, usage: Usage): string[] {
  const each = (bounds: Readonly<Record<string, string>> | undefined, check: (bound: Bound) => string | undefined): string[] => {
    const amounts = amountsOf(bounds);
    return Object.keys(amounts)
      .sort()
      .flatMap((name) => check(boundOf(name, { item, usage, enforced: amounts[name] as Quantity })) ?? []);
  };
  return [...each(item.min, belowMinimum), ...each(item.max, aboveMaximum), ...each(item.maxLimitRequestRatio, aboveRatio)];
}

interface Bound {
  readonly name: string;
  readonly type: string;
  readonly enforced: Quantity;
  readonly request: Quantity | undefined;
  readonly limit: Quantity | undefined;
  readonly hasLimits: boolean;
}
function boundOf(name: string, of: { item: LimitRangeItem; usage: Usage; enforced: Quantity }): Bound {
  const { item, usage, enforced } = of;
  const { requests, limits } = usage;
  return { name, type: item.type, enforced, request: requests[name], limit: limits?.[name], hasLimits: limits !== undefined };
}

function belowMinimum({ name, type, enforced, request, limit }: Bound): string | undefined {
  const rule = `minimum ${name} usage per ${type} is ${formatQuantity(enforced)}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  if (request.nano < enforced.nano) return `${rule}, but request is ${formatQuantity(request)}`;
  return limit !== undefined && limit.nano < enforced.nano ? `${rule}, but limit is ${formatQuantity(limit)}` : undefined;
}

function aboveMaximum({ name, type, enforced, request, limit, hasLimits }: Bound): string | undefined {
  const rule = `maximum ${name} usage per ${type} is ${formatQuantity(enforced)}`;
  if (!hasLimits && request === undefined) return `${rule}.  No request is specified`;
  if (hasLimits && limit === undefined) return `${rule}.  No limit is specified`;
  if (limit !== undefined && limit.nano > enforced.nano) return `${rule}, but limit is ${formatQuantity(limit)}`;
  return request !== undefined && request.nano > enforced.nano ? `${rule}, but request is ${formatQuantity(request)}` : undefined;
}

function aboveRatio({ name, type, enforced, request, limit }: Bound): string | undefined {
  const rule = `${name} max limit to request ratio per ${type} is ${formatQuantity(enforced)}, but`;
  if (request === undefined || request.nano === 0n) return `${rule} no request is specified or request is 0`;
  if (limit === undefined || limit.nano === 0n) return `${rule} no limit is specified or limit is 0`;
  const ratio = Number(limit.nano) / Number(request.nano);
  return ratio > Number(enforced.nano) / 1e9 ? `${rule} provided ratio is ${ratio.toFixed(6)}` : undefined;
}
