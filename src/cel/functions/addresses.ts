import { isIP } from 'node:net';
import { overload, type Overload } from '../declare.ts';
import { CelError, type Opaque } from '../value.ts';

/** An address as a number of 32 or 128 bits. */
class Address implements Opaque {
  readonly opaque = 'net.IP';
  readonly family: 4 | 6;
  readonly bits: bigint;
  constructor(family: 4 | 6, bits: bigint) {
    this.family = family;
    this.bits = bits;
  }
  equals(other: Opaque): boolean {
    return other instanceof Address && other.family === this.family && other.bits === this.bits;
  }
}
class Range implements Opaque {
  readonly opaque = 'net.CIDR';
  readonly address: Address;
  readonly length: number;
  constructor(address: Address, length: number) {
    this.address = address;
    this.length = length;
  }
  equals(other: Opaque): boolean {
    return other instanceof Range && other.length === this.length && other.address.equals(this.address);
  }
}

const widthOf = (family: 4 | 6): number => (family === 4 ? 32 : 128);
/** No zones and no IPv4 within IPv6, as Kubernetes reads addresses in rules. */
function parseAddress(text: string): Address | string {
  const family = text.includes('%') ? 0 : isIP(text);
  if (family === 0) return `IP Address ${JSON.stringify(text)} parse error during conversion from string`;
  if (family === 4)
    return new Address(
      4,
      text.split('.').reduce((bits, part) => bits * 256n + BigInt(part), 0n),
    );
  const bits = bitsOf6(text);
  if (bits >> 32n === 0xffffn) return `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`;
  return new Address(6, bits);
}
function bitsOf6(text: string): bigint {
  const quad = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const [high, low] = [quad?.slice(1, 3) ?? [], quad?.slice(3, 5) ?? []].map(([one, two]) =>
    (Number(one) * 256 + Number(two)).toString(16),
  );
  const plain = quad === null ? text : `${text.slice(0, quad.index)}${high}:${low}`;
  const [head = '', tail] = plain.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const all = [...before, ...new Array<string>(8 - before.length - after.length).fill('0'), ...after];
  return all.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}
/** The one way to write an address (RFC 5952). */
function addressText({ family, bits }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

function address(text: string): Address {
  const read = parseAddress(text);
  if (typeof read === 'string') throw new CelError(read);
  return read;
}
function parseRange(text: string): Range | undefined {
  const [, ip = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const read = parseAddress(ip);
  if (typeof read === 'string' || Number(length) > widthOf(read.family) || /^0\d/.test(length)) return undefined;
  return new Range(read, Number(length));
}
function range(text: string): Range {
  const read = parseRange(text);
  if (read === undefined) throw new CelError(`CIDR address ${JSON.stringify(text)} parse error during conversion from string`);
  return read;
}
const masked = ({ address: { family, bits }, length }: Range): bigint => {
  const shift = BigInt(widthOf(family) - length);
  return (bits >> shift) << shift;
};
const holds = (outer: Range, ip: Address): boolean =>
  ip.family === outer.address.family && masked(new Range(ip, outer.length)) === masked(outer);
const holdsRange = (outer: Range, inner: Range): boolean =>
  inner.length >= outer.length && holds(outer, new Address(inner.address.family, masked(inner)));

const within =
  (...ranges: readonly string[]) =>
  (ip: Address): boolean =>
    ranges.some((text) => holds(range(text), ip));
const isMulticast = within('224.0.0.0/4', 'ff00::/8');
const isLinkLocal = within('169.254.0.0/16', 'fe80::/10');
const isLoopback = within('127.0.0.0/8', '::1/128');
const isUnspecified = within('0.0.0.0/32', '::/128');
const isBroadcast = within('255.255.255.255/32');
const isGlobal = (ip: Address): boolean => ![isMulticast, isLinkLocal, isLoopback, isUnspecified, isBroadcast].some((kind) => kind(ip));

export const addresses: readonly Overload[] = [
  overload('ip(string): ip', address, 'traverse'),
  overload('isIP(string): bool', (text: string) => typeof parseAddress(text) !== 'string', 'traverse'),
  overload('ip::isCanonical(string): bool', (text: string) => addressText(address(text)) === text, 'traverse'),
  overload('ip.family(): int', ({ family }: Address) => BigInt(family)),
  overload('ip.isUnspecified(): bool', isUnspecified),
  overload('ip.isLoopback(): bool', isLoopback),
  overload('ip.isLinkLocalMulticast(): bool', within('224.0.0.0/24', 'ff02::/16')),
  overload('ip.isLinkLocalUnicast(): bool', isLinkLocal),
  overload('ip.isGlobalUnicast(): bool', isGlobal),
  overload('string(ip): string', addressText),
  overload('cidr(string): cidr', range, 'traverse'),
  overload('isCIDR(string): bool', (text: string) => parseRange(text) !== undefined, 'traverse'),
  overload('cidr.containsIP(string): bool', (outer: Range, text: string) => holds(outer, address(text)), 'argument'),
  overload('cidr.containsIP(ip): bool', holds),
  overload('cidr.containsCIDR(string): bool', (outer: Range, text: string) => holdsRange(outer, range(text)), 'argument'),
  overload('cidr.containsCIDR(cidr): bool', holdsRange),
  overload('cidr.ip(): ip', ({ address: ip }: Range) => ip),
  overload('cidr.masked(): cidr', (of: Range) => new Range(new Address(of.address.family, masked(of)), of.length)),
  overload('cidr.prefixLength(): int', ({ length }: Range) => BigInt(length)),
  overload('string(cidr): string', ({ address: ip, length }: Range) => `${addressText(ip)}/${length}`),
];
