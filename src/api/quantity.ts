/**
 * Amounts of resources as Kubernetes writes them: `500m`, `1Gi`, `0.5`, `1e3` (apimachinery v1.35, api/resource Quantity).
 * Exact to a billionth; what is finer is rounded away from zero, what is beyond 2^63-1 is held there.
 */
export interface Quantity {
  /** The amount in billionths. */
  readonly nano: bigint;
  /** How it was written, and so how it is written again. */
  readonly notation: 'decimal' | 'binary' | 'exponent';
}

/** The text is no quantity. */
export class QuantityError extends Error {
  constructor(text: string | number) {
    super(`unable to parse quantity ${JSON.stringify(text)}: ${quantityRule}`);
    this.name = 'QuantityError';
  }
}
const quantityRule = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

const nanosPerUnit = 1_000_000_000n;
const largest = 9_223_372_036_854_775_807n * nanosPerUnit;
const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,4}))?$/;
const decimalExponents: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binaryPowers: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const suffixOfExponent: Readonly<Record<number, string>> = Object.fromEntries([
  [0, ''],
  ...Object.entries(decimalExponents).map(([suffix, exponent]) => [exponent, suffix]),
]) as Record<number, string>;

/** Reads a quantity; a JSON number is read by its text. @throws QuantityError */
export function parseQuantity(text: string | number): Quantity {
  const match = pattern.exec(String(text).trim());
  if (match === null) throw new QuantityError(text);
  const [, sign, whole = '', fraction = '', suffix = '', exponentText] = match;
  if (whole === '' && fraction === '') throw new QuantityError(text);
  const digits = BigInt(whole + fraction);
  const binary = binaryPowers.indexOf(suffix);
  const isBinary = suffix !== '' && binary > 0;
  const exponent = exponentText === undefined ? (decimalExponents[suffix] ?? 0) : Number(exponentText);
  const size = isBinary
    ? shifted(digits << BigInt(10 * binary), 9 - fraction.length)
    : shifted(digits, Math.min(exponent, 40) + 9 - fraction.length);
  const nano = size > largest ? largest : size;
  return { nano: sign === '-' ? -nano : nano, notation: isBinary ? 'binary' : exponentText === undefined ? 'decimal' : 'exponent' };
}
/** `digits` times ten to the `places`, rounded away from zero. */
function shifted(digits: bigint, places: number): bigint {
  if (places >= 0) return digits * 10n ** BigInt(places);
  const divisor = 10n ** BigInt(-places);
  return (digits + divisor - 1n) / divisor;
}

/**
 * The one way to write an amount: no fraction, the largest suffix that keeps it whole. Binary amounts below 1024 and
 * such that are not whole are written in decimal.
 */
export function formatQuantity(quantity: Quantity): string {
  const { nano } = quantity;
  if (nano === 0n) return '0';
  const sign = nano < 0n ? '-' : '';
  const size = nano < 0n ? -nano : nano;
  if (quantity.notation === 'binary' && size >= 1024n * nanosPerUnit && size % nanosPerUnit === 0n) {
    return sign + binaryText(size / nanosPerUnit);
  }
  let mantissa = size;
  let exponent = -9;
  while (mantissa % 1000n === 0n && (quantity.notation === 'exponent' || exponent < 18)) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (quantity.notation === 'exponent') return `${sign}${mantissa}${exponent === 0 ? '' : `e${exponent}`}`;
  return `${sign}${mantissa}${suffixOfExponent[exponent]}`;
}
function binaryText(size: bigint): string {
  let mantissa = size;
  let power = 0;
  while (mantissa % 1024n === 0n && power < 6) {
    mantissa /= 1024n;
    power += 1;
  }
  return `${mantissa}${binaryPowers[power]}`;
}

/** What most manifests hold needs no arithmetic: a small whole number that no larger suffix can take. */
const simple = /^([1-9]\d{0,8})(?:([mkMG])|([KMG]i))?$/;

/** The text as a server answers it: `1000m` becomes `1`, `0.5` becomes `500m`, `1024Mi` becomes `1Gi`. @throws QuantityError */
export function canonicalQuantity(text: string | number): string {
  if (typeof text === 'string') {
    const match = simple.exec(text);
    if (match !== null && Number(match[1]) % (match[3] === undefined ? 1000 : 1024) !== 0) return text;
  }
  return formatQuantity(parseQuantity(text));
}
export function isQuantity(text: string | number): boolean {
  return pattern.test(String(text).trim()) && /\d/.test(String(text));
}

/** Negative when `a` is less than `b`, 0 when they are the same amount. @throws QuantityError */
export function compareQuantities(a: string | number, b: string | number): number {
  const difference = parseQuantity(a).nano - parseQuantity(b).nano;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
/** The sum, in the notation of the first one that is not zero. @throws QuantityError */
export function addQuantities(a: string | number, b: string | number): string {
  return combined(parseQuantity(a), parseQuantity(b), 1n);
}
/** The difference, which may be negative. @throws QuantityError */
export function subtractQuantities(a: string | number, b: string | number): string {
  return combined(parseQuantity(a), parseQuantity(b), -1n);
}
function combined(a: Quantity, b: Quantity, sign: bigint): string {
  return formatQuantity({ nano: a.nano + sign * b.nano, notation: a.nano === 0n ? b.notation : a.notation });
}

/** The amount in thousandths, rounded up: CPU in millicores. @throws QuantityError */
export function milliValue(text: string | number): number {
  return Number(roundedUp(parseQuantity(text).nano, 1_000_000n));
}
/** The amount in whole units, rounded up: bytes, pods. @throws QuantityError */
export function wholeValue(text: string | number): number {
  return Number(roundedUp(parseQuantity(text).nano, nanosPerUnit));
}
function roundedUp(nano: bigint, unit: bigint): bigint {
  const quotient = nano / unit;
  return nano > 0n && nano % unit !== 0n ? quotient + 1n : quotient;
}
/** Rounded up to whole thousandths, as the amounts of containers are kept. @throws QuantityError */
export function roundedToMilli(text: string | number): string {
  const quantity = parseQuantity(text);
  return formatQuantity({ ...quantity, nano: roundedUp(quantity.nano, 1_000_000n) * 1_000_000n });
}
