import fc from 'fast-check';

/** A value before and after a change. */
export type Change = readonly [before: string, after: string];

const part = fc.stringMatching(/^[A-Za-z0-9]{12}$/);
/** What texts of all sorts write in a way of their own: JSON, YAML, HTML, Markdown, addresses, base64. */
const special = fc.constantFrom(...'"\\<>&%+/?~\'`|@$*_#=: é-', '\n', '\t');

/** Texts that look like nothing else: three parts that any spelling leaves as they are, and between them what is spelt differently. */
const value = fc.tuple(part, special, part, special, part).map((parts) => parts.join(''));

/** Several changes of values at a time: each is as good as a run of its own. */
export function secretChanges(count: number): fc.Arbitrary<readonly Change[]> {
  const change = fc.tuple(value, value).map(([before, after]): Change => [`q${before}`, `z${after}`]);
  return fc.array(change, { minLength: count, maxLength: count });
}

/** Shorter pieces would be found by chance, longer ones would not be found in a text that was cut. */
const piece = 10;

/** How a value may stand in a text. */
function spellings(value: string): string[] {
  const json = (text: string) => JSON.stringify(text).slice(1, -1);
  const bytes = Buffer.from(value);
  // Where in a longer text it begins decides what base64 makes of it.
  const encoded = [0, 1, 2].flatMap((shift) => {
    const all = Buffer.concat([Buffer.from('x'.repeat(shift)), bytes]);
    const [from, to] = [Math.ceil((shift * 8) / 6), Math.floor((all.length * 8) / 6)];
    return (['base64', 'base64url'] as const).map((form) => all.toString(form).slice(from, to));
  });
  const html = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  return [value, json(value), json(json(value)), encodeURIComponent(value), html, bytes.toString('hex'), ...encoded];
}

/** Every piece of every value that a text holds, as it is, escaped for JSON, HTML or an address, or as base64, base64url or hex. */
export function piecesIn(text: string, values: readonly string[]): string[] {
  const wanted = new Set<string>();
  for (const spelling of values.flatMap((one) => spellings(one)))
    for (let at = 0; at + piece <= spelling.length; at++) wanted.add(spelling.slice(at, at + piece));
  const starts = new Uint8Array(2 ** 16);
  for (const one of wanted) starts[startOf(one, 0)] = 1;
  const found = new Set<string>();
  for (let at = 0; at + piece <= text.length; at++) {
    if (starts[startOf(text, at)] === 0) continue;
    const here = text.slice(at, at + piece);
    if (wanted.has(here)) found.add(here);
  }
  return [...found];
}
/** Of three characters: most of a text is passed over by it. */
function startOf(text: string, at: number): number {
  return (text.charCodeAt(at) * 1681 + text.charCodeAt(at + 1) * 41 + text.charCodeAt(at + 2)) & 0xffff;
}

/** Where in a text a piece stands, for a message. */
export function around(text: string, found: string): string {
  const at = text.indexOf(found);
  return text.slice(Math.max(0, at - 160), at + piece + 40);
}
