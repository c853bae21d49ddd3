import { isQuantity, parseQuantity, type Quantity as Amount } from '../../api/quantity.ts';
import { overload, type Overload } from '../declare.ts';
import { CelError, type Opaque, type Value } from '../value.ts';

const perUnit = 1_000_000_000n;
class Quantity implements Opaque {
  readonly opaque = 'kubernetes.Quantity';
  readonly amount: Amount;
  constructor(amount: Amount) {
    this.amount = amount;
  }
  get nano(): bigint {
    return this.amount.nano;
  }
  equals(other: Opaque): boolean {
    return other instanceof Quantity && other.nano === this.nano;
  }
}

function read(text: string): Quantity {
  if (!isQuantity(text)) {
    throw new CelError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
  return new Quantity(parseQuantity(text));
}
const plus = (a: Quantity, nano: bigint): Quantity => new Quantity({ ...a.amount, nano: a.nano + nano });
const order = (a: Quantity, b: Quantity): bigint => (a.nano < b.nano ? -1n : a.nano > b.nano ? 1n : 0n);
function asInteger({ nano }: Quantity): bigint {
  if (!isWhole(nano)) throw new CelError('cannot convert value to integer');
  return nano / perUnit;
}
const isWhole = (nano: bigint): boolean => {
  const size = nano < 0n ? -nano : nano;
  return size % perUnit === 0n && size / perUnit < 2n ** 63n - 1n;
};

export const quantities: readonly Overload[] = [
  overload('quantity(string): quantity', read, 'traverse'),
  overload('isQuantity(string): bool', (text: string) => isQuantity(text), 'traverse'),
  overload('quantity.sign(): int', ({ nano }: Quantity) => (nano < 0n ? -1n : nano > 0n ? 1n : 0n)),
  overload('quantity.isGreaterThan(quantity): bool', (a: Quantity, b: Quantity) => a.nano > b.nano),
  overload('quantity.isLessThan(quantity): bool', (a: Quantity, b: Quantity) => a.nano < b.nano),
  overload('quantity.compareTo(quantity): int', order),
  overload('quantity.asApproximateFloat(): double', ({ nano }: Quantity) => Number(nano) / 1e9),
  overload('quantity.asInteger(): int', asInteger),
  overload('quantity.isInteger(): bool', ({ nano }: Quantity) => isWhole(nano)),
  overload('quantity.add(quantity): quantity', (a: Quantity, b: Quantity): Value => plus(a, b.nano)),
  overload('quantity.add(int): quantity', (a: Quantity, b: bigint): Value => plus(a, b * perUnit)),
  overload('quantity.sub(quantity): quantity', (a: Quantity, b: Quantity): Value => plus(a, -b.nano)),
  overload('quantity.sub(int): quantity', (a: Quantity, b: bigint): Value => plus(a, -b * perUnit)),
];
