import { printable } from './wording.ts';

/** Text in HTML, between tags or in a quoted attribute. Control characters become visible. */
export function escapeHtml(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, entity);
}

/**
 * Text in a paragraph, a heading, a table's cell or a `<summary>` of a comment: no markup, no HTML, no link. Forges look for mentions
 * and references (`@team`, `#1`, `!1`) in the text that a reader sees, so a space of no width stands behind their signs.
 */
export function escapeMarkdown(text: string): string {
  return markupFree(text).replaceAll(/(&#(?:64|35|33|126|36|37|38);)(?=[\w"]|&#(?:34|95);)/g, '$1&#8203;');
}

/** Inline code. HTML's own element, since backticks and pipes end Markdown's; forges look for no mentions in it. */
export function code(text: string): string {
  return `<code>${markupFree(text)}</code>`;
}

function markupFree(text: string): string {
  return printable(text)
    .replaceAll(/[&<>"'`*_~[\]{}\\|!@#$%^=]|:(?=\/\/)|(?<=mailto|xmpp):/gi, entity)
    .replaceAll(/www\./gi, (found) => `${found.slice(0, -1)}&#46;`);
}
function entity(char: string): string {
  return `&#${char.charCodeAt(0)};`;
}

/** Lines in a fence that is longer than any run of backticks in them. */
export function fenced(lines: readonly string[], language = ''): string {
  const longest = Math.max(0, ...lines.flatMap((line) => [...line.matchAll(/`+/g)].map((run) => run[0].length)));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return [`${fence}${language}`, ...lines, fence].join('\n');
}

/** A text that may be this long; what is cut is said. */
export function clip(text: string, longest: number): string {
  return text.length > longest ? `${wholeCharacters(text, longest)}… (${text.length} characters)` : text;
}
/** No half of a pair of surrogates at the end. */
function wholeCharacters(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}
