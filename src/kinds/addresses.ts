import type { FieldError } from '../api/status.ts';
import { invalidValue } from './field-errors.ts';
import { parseIp } from './ip.ts';

/** The family of an IP address: undefined when the text is none. One of IPv6 that stands for an IPv4 address is of that family. */
export function ipFamilyOf(text: string): 'IPv4' | 'IPv6' | undefined {
  return parseIp(text)?.family;
}

export type SpecialRange = 'unspecified' | 'loopback' | 'link-local' | 'link-local multicast';
const rangeTexts: Readonly<Record<Exclude<SpecialRange, 'unspecified'>, string>> = {
  loopback: 'may not be in the loopback range (127.0.0.0/8, ::1/128)',
  'link-local': 'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  'link-local multicast': 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
};
/** What is wrong with an address that means no particular machine, where only ordinary ones may be (kubernetes v1.35, ValidateEndpointIP). */
export function specialRangeError(field: string, address: string, range: SpecialRange): FieldError {
  return invalidValue(field, address, range === 'unspecified' ? `may not be unspecified (${address})` : rangeTexts[range]);
}

/** The range of an IP address that means no particular machine; an IPv6 address that stands for an IPv4 one counts as that. */
export function specialRangeOf(text: string): SpecialRange | undefined {
  const address = parseIp(text);
  if (address === undefined) return undefined;
  if (address.bytes.every((byte) => byte === 0)) return 'unspecified';
  return address.family === 'IPv4' ? rangeOfIPv4(address.bytes) : rangeOfIPv6(address.bytes);
}
function rangeOfIPv4([first, second, third]: readonly number[]): SpecialRange | undefined {
  if (first === 127) return 'loopback';
  if (first === 169 && second === 254) return 'link-local';
  return first === 224 && second === 0 && third === 0 ? 'link-local multicast' : undefined;
}
function rangeOfIPv6(bytes: readonly number[]): SpecialRange | undefined {
  const [first = 0, second = 0] = bytes;
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return 'loopback';
  if (first === 0xfe && (second & 0xc0) === 0x80) return 'link-local';
  return first === 0xff && (second & 0x0f) === 0x02 ? 'link-local multicast' : undefined;
}
