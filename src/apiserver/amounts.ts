import type { Container, PodSpec } from '../api/kinds.generated.ts';
import { formatQuantity, parseQuantity, type Quantity } from '../api/quantity.ts';

/** Amounts by the name of the resource: `cpu`, `requests.storage`, `count/jobs.batch`. */
export type Amounts = Readonly<Record<string, Quantity>>;
type Texts = Readonly<Record<string, string>> | undefined;

const zero: Quantity = { nano: 0n, notation: 'decimal' };

/** A whole number of things. */
export function countOf(number: number): Quantity {
  return { nano: BigInt(number) * 1_000_000_000n, notation: 'decimal' };
}
/** As objects write them. @throws QuantityError */
export function amountsOf(texts: Texts): Record<string, Quantity> {
  const amounts: Record<string, Quantity> = {};
  for (const name in texts) amounts[name] = parseQuantity(texts[name] as string);
  return amounts;
}
/** As objects write them, in the order of the names. */
export function textsOf(amounts: Amounts): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of Object.keys(amounts).sort()) texts[name] = formatQuantity(amounts[name] as Quantity);
  return texts;
}

/** Adds `more` to `amounts`, times `sign`; the notation is that of the first one that is not zero. */
export function addTo(amounts: Record<string, Quantity>, more: Amounts, sign: 1n | -1n = 1n): void {
  for (const name in more) {
    const [a, b] = [amounts[name] ?? zero, more[name] as Quantity];
    amounts[name] = { nano: a.nano + sign * b.nano, notation: a.nano === 0n ? b.notation : a.notation };
  }
}
/** Raises `amounts` to what `other` has more. */
export function raiseTo(amounts: Record<string, Quantity>, other: Amounts): void {
  for (const name in other) {
    const value = other[name] as Quantity;
    if (value.nano > (amounts[name]?.nano ?? -1n)) amounts[name] = value;
  }
}

type Side = 'requests' | 'limits';

/** What a pod asks for, or may use, all in all: its containers beside the largest step of its start, and its overhead (component-helpers, resource.PodRequests). */
export function podAmounts(spec: PodSpec, side: Side, options: { readonly withoutOverhead?: true } = {}): Record<string, Quantity> {
  const total: Record<string, Quantity> = {};
  for (const container of spec.containers ?? []) addTo(total, ofContainer(container, side));
  const beside: Record<string, Quantity> = {};
  const starting: Record<string, Quantity> = {};
  for (const container of spec.initContainers ?? []) {
    const own = ofContainer(container, side);
    const step = { ...beside };
    addTo(step, own);
    raiseTo(starting, step);
    if (container.restartPolicy !== 'Always') continue;
    addTo(total, own);
    addTo(beside, own);
  }
  raiseTo(total, starting);
  const whole = amountsOf(spec.resources?.[side]);
  for (const name in whole) if (isOfWholePod(name)) total[name] = whole[name] as Quantity;
  if (options.withoutOverhead !== true) addOverhead(total, amountsOf(spec.overhead), side);
  return total;
}

function addOverhead(total: Record<string, Quantity>, overhead: Amounts, side: Side): void {
  // What has no limit gets none from the overhead.
  const names = Object.keys(overhead).filter((name) => side === 'requests' || (total[name]?.nano ?? 0n) !== 0n);
  addTo(total, Object.fromEntries(names.map((name) => [name, overhead[name] as Quantity])));
}

function ofContainer(container: Container, side: Side): Amounts {
  return amountsOf(container.resources?.[side]);
}

/** Resources that a pod may ask for as a whole. */
export function isOfWholePod(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}
