import type { FieldError } from '../api/status.ts';
import { invalidValue } from './field-errors.ts';

/** An IP address: 4 or 16 bytes. One of IPv6 that stands for an IPv4 address counts as that, as in Go. */
export interface IpAddress {
  readonly family: 'IPv4' | 'IPv6';
  readonly bytes: readonly number[];
  /** Written as IPv6, `::ffff:10.0.0.1`. */
  readonly mapped: boolean;
}
/** A range of addresses; `address` is what stands before the slash, `bits` how many lead. */
export interface IpRange {
  readonly address: IpAddress;
  readonly bits: number;
}

/** Reads an address as Kubernetes' older fields do: octets may have leading zeros. Undefined when it is none. */
export function parseIp(text: string): IpAddress | undefined {
  if (!text.includes(':')) {
    const bytes = parseOctets(text);
    return bytes === undefined ? undefined : { family: 'IPv4', bytes, mapped: false };
  }
  const groups = parseGroups(text);
  if (groups === undefined) return undefined;
  const bytes = groups.flatMap((group) => [group >> 8, group & 255]);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return mapped ? { family: 'IPv4', bytes: bytes.slice(12), mapped } : { family: 'IPv6', bytes, mapped };
}
function parseOctets(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,9}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.map(Number);
}
/** The eight groups of an IPv6 address. */
function parseGroups(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => groupsOf(half));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  if (tail === undefined) return head.length === 8 ? head : undefined;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? undefined : [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}
function groupsOf(half: string): number[] | undefined {
  if (half === '') return [];
  const groups: number[] = [];
  const parts = half.split(':');
  for (const [index, part] of parts.entries()) {
    if (part.includes('.') && index === parts.length - 1) {
      const [a = 0, b = 0, c = 0, d = 0] = parseOctets(part) ?? [NaN];
      if (Number.isNaN(a)) return undefined;
      groups.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** The one way to write an address (RFC 5952). */
export function formatIp({ family, bytes }: Pick<IpAddress, 'family' | 'bytes'>): string {
  if (family === 'IPv4') return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[index * 2] as number) * 256 + (bytes[index * 2 + 1] as number));
  const [start, length] = longestZeros(groups);
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return length < 2 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}
function longestZeros(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best[1]) best = [start, end - start];
  }
  return best;
}

/** Reads `10.0.0.0/8` or `2001:db8::/64`; bits behind the prefix may be set. Undefined when it is no range. */
export function parseRange(text: string): IpRange | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? undefined : parseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^\d{1,3}$/.test(length)) return undefined;
  const bits = Number(length) - (address.mapped ? 96 : 0);
  return Number(length) > (address.family === 'IPv4' && !address.mapped ? 32 : 128) || bits < 0 ? undefined : { address, bits };
}
/** The range with nothing set behind its prefix. */
export function maskedRange({ address, bits }: IpRange): IpRange {
  const bytes = address.bytes.map((byte, index) => {
    const left = Math.min(8, Math.max(0, bits - index * 8));
    return byte & (0xff << (8 - left)) & 0xff;
  });
  return { address: { ...address, bytes }, bits };
}
export function formatRange({ address, bits }: IpRange): string {
  return `${formatIp(address)}/${bits}`;
}
export function rangeContains(range: IpRange, address: IpAddress): boolean {
  if (address.family !== range.address.family) return false;
  return formatRange(maskedRange({ address, bits: range.bits })) === formatRange(maskedRange(range));
}

const addressRule = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const rangeRule = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
const hasLeadingZeros = (text: string): boolean => /(^|[.:])0+\d+(?=\.|$|\/)/.test(text) && text.includes('.');

/** What is wrong with an address in a field that is older than strict reading (apimachinery v1.35, IsValidIPForLegacyField). */
export function ipErrors(field: string, text: string): FieldError[] {
  return parseIp(text) === undefined ? [invalidValue(field, text, addressRule)] : [];
}
export function rangeErrors(field: string, text: string): FieldError[] {
  return parseRange(text) === undefined ? [invalidValue(field, text, rangeRule)] : [];
}
/** The same in newer fields, where each address has one form only (apimachinery v1.35, IsValidIP). */
export function strictIpErrors(field: string, text: string): FieldError[] {
  const address = parseIp(text);
  if (address === undefined) return [invalidValue(field, text, addressRule)];
  if (hasLeadingZeros(text)) return [invalidValue(field, text, 'must not have leading 0s')];
  if (address.mapped) return [invalidValue(field, text, 'must not be an IPv4-mapped IPv6 address')];
  const canonical = formatIp(address);
  return text === canonical ? [] : [invalidValue(field, text, `must be in canonical form (${JSON.stringify(canonical)})`)];
}
export function strictRangeErrors(field: string, text: string): FieldError[] {
  const range = parseRange(text);
  if (range === undefined) return [invalidValue(field, text, rangeRule)];
  if (hasLeadingZeros(text) || /\/0\d/.test(text)) return [invalidValue(field, text, 'must not have leading 0s in IP or prefix length')];
  if (range.address.mapped) return [invalidValue(field, text, 'must not have an IPv4-mapped IPv6 address')];
  const masked = maskedRange(range);
  if (formatIp(masked.address) !== formatIp(range.address)) {
    return [invalidValue(field, text, 'must not have bits set beyond the prefix length')];
  }
  const canonical = formatRange(masked);
  return text === canonical ? [] : [invalidValue(field, text, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

/** What people are told of an address that is taken though it is written in another way than it should (GetWarningsForIP). */
export function ipWarnings(field: string, text: string): string[] {
  const address = parseIp(text);
  if (address === undefined) return [];
  const better = JSON.stringify(formatIp(address));
  if (hasLeadingZeros(text) || address.mapped) {
    return [
      `${field}: non-standard IP address ${JSON.stringify(text)} will be considered invalid in a future Kubernetes release: use ${better}`,
    ];
  }
  if (address.family === 'IPv4' || formatIp(address) === text) return [];
  return [`${field}: IPv6 address ${JSON.stringify(text)} should be in RFC 5952 canonical format (${better})`];
}
/** The same of a range (GetWarningsForCIDR). */
export function rangeWarnings(field: string, text: string): string[] {
  const range = parseRange(text);
  if (range === undefined) return [];
  const [shown, masked] = [JSON.stringify(text), maskedRange(range)];
  const whole = JSON.stringify(formatRange(masked));
  const warnings: string[] = [];
  if (formatIp(masked.address) !== formatIp(range.address)) {
    const single = JSON.stringify(`${formatIp(range.address)}/${range.address.bytes.length * 8}`);
    warnings.push(`${field}: CIDR value ${shown} is ambiguous in this context (should be ${whole} or ${single}?)`);
  }
  if (hasLeadingZeros(text) || range.address.mapped || /\/0\d/.test(text)) {
    warnings.push(`${field}: non-standard CIDR value ${shown} will be considered invalid in a future Kubernetes release: use ${whole}`);
  } else if (warnings.length === 0 && range.address.family === 'IPv6' && formatRange(range) !== text) {
    warnings.push(`${field}: IPv6 CIDR value ${shown} should be in RFC 5952 canonical format (${whole})`);
  }
  return warnings;
}
