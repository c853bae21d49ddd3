import { randomInt, type Random } from '../base/random.ts';

/** Numbers from a range, each given out once until it is given back. */
export class NumberPool {
  readonly first: number;
  readonly size: number;
  readonly #taken = new Set<number>();
  readonly #random: Random;

  constructor(range: { readonly first: number; readonly size: number }, random: Random) {
    this.first = range.first;
    this.size = range.size;
    this.#random = random;
  }

  get free(): number {
    return this.size - this.#taken.size;
  }
  has(number: number): boolean {
    return this.#taken.has(number);
  }
  contains(number: number): boolean {
    return number >= this.first && number < this.first + this.size;
  }
  /** False when somebody has it. */
  take(number: number): boolean {
    if (this.#taken.has(number)) return false;
    this.#taken.add(number);
    return true;
  }
  give(number: number): void {
    this.#taken.delete(number);
  }

  /** Any free one, found from a random start; undefined when there is none. Numbers before `skip` are left to those who ask by number, while others are free. */
  any(skip = 0): number | undefined {
    return this.#scan(skip, this.size) ?? this.#scan(0, Math.min(skip, this.size));
  }

  #scan(from: number, to: number): number | undefined {
    const span = to - from;
    if (span <= 0) return undefined;
    const start = randomInt(this.#random, span);
    for (let step = 0; step < span; step++) {
      const number = this.first + from + ((start + step) % span);
      if (this.take(number)) return number;
    }
    return undefined;
  }
}

/** An IPv4 address as a number; undefined when it is none. */
export function parseIPv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}
export function formatIPv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
/** The addresses of a range such as `10.96.0.0/16` that can be given out: not its first and last. @throws Error that names the text */
export function parseRange(cidr: string): { readonly first: number; readonly size: number } {
  const [base = '', bits = ''] = cidr.split('/');
  const address = parseIPv4(base);
  const length = /^\d{1,2}$/.test(bits) ? Number(bits) : 99;
  if (address === undefined || length > 30 || length < 8)
    throw new Error(`${JSON.stringify(cidr)} is no range of IPv4 addresses such as 10.96.0.0/16`);
  const size = 2 ** (32 - length);
  return { first: Math.floor(address / size) * size + 1, size: size - 2 };
}
