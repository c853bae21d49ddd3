/** The family of an IP address: undefined when the text is none. */
export function ipFamilyOf(text: string): 'IPv4' | 'IPv6' | undefined {
  if (/^((25[0-5]|2[0-4]\d|1?\d?\d)(\.|$)){4}$/.test(text) && !text.endsWith('.') && !/(^|\.)0\d/.test(text)) return 'IPv4';
  return text.includes(':') && /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]/`) ? 'IPv6' : undefined;
}

export type SpecialRange = 'unspecified' | 'loopback' | 'link-local' | 'link-local multicast';
const rangeTexts: Readonly<Record<SpecialRange, string>> = {
  unspecified: 'may not be unspecified (0.0.0.0 or ::)',
  loopback: 'may not be in the loopback range (127.0.0.0/8, ::1/128)',
  'link-local': 'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  'link-local multicast': 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
};
/** What is wrong with an address of that range where only ordinary ones may be (kubernetes v1.35, ValidateEndpointIP). */
export function specialRangeText(range: SpecialRange): string {
  return rangeTexts[range];
}

/** The range of an IP address that means no particular machine; an IPv6 address that stands for an IPv4 one counts as that. */
export function specialRangeOf(text: string): SpecialRange | undefined {
  const family = ipFamilyOf(text);
  if (family === undefined) return undefined;
  if (family === 'IPv4') return rangeOfIPv4(text.split('.').map(Number));
  // In its one canonical form: lower case, without zeros that can be left out.
  const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical);
  if (mapped !== null) {
    const [high, low] = [Number.parseInt(mapped[1] as string, 16), Number.parseInt(mapped[2] as string, 16)];
    return rangeOfIPv4([high >> 8, high & 255, low >> 8, low & 255]);
  }
  if (canonical === '::') return 'unspecified';
  if (canonical === '::1') return 'loopback';
  if (/^fe[89ab][0-9a-f]:/.test(canonical)) return 'link-local';
  return /^ff[0-9a-f]2:/.test(canonical) ? 'link-local multicast' : undefined;
}

function rangeOfIPv4([a, b, c, d]: readonly number[]): SpecialRange | undefined {
  if (a === 0 && b === 0 && c === 0 && d === 0) return 'unspecified';
  if (a === 127) return 'loopback';
  if (a === 169 && b === 254) return 'link-local';
  return a === 224 && b === 0 && c === 0 ? 'link-local multicast' : undefined;
}
