/** The family of an IP address: undefined when the text is none. */
export function ipFamilyOf(text: string): 'IPv4' | 'IPv6' | undefined {
  if (/^((25[0-5]|2[0-4]\d|1?\d?\d)(\.|$)){4}$/.test(text) && !text.endsWith('.') && !/(^|\.)0\d/.test(text)) return 'IPv4';
  return text.includes(':') && /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]/`) ? 'IPv6' : undefined;
}
