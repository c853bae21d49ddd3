/** Something that may be said at less length, or not at all where there is no room. */
export interface Block {
  /** 0 is what must stay longest. */
  readonly rank: number;
  /** From the whole text to shorter ones; a block may also be left out. */
  readonly forms: readonly string[];
}
/** What stays together on one page. */
export interface Section {
  readonly open: string;
  readonly blocks: readonly Block[];
  readonly close: string;
}
export interface PageLimits {
  /** Bytes of UTF-8 that one page may have. */
  readonly longest: number;
  /** Pages at most. What the lead needs goes beyond. */
  readonly most: number;
}
export interface Pages {
  readonly pages: readonly (readonly string[])[];
  readonly shortened: number;
  readonly leftOut: number;
  /** Sections that are on no page. */
  readonly sectionsLeftOut: number;
}

/**
 * Lays out a report: `lead` is never cut, sections are never torn apart, and where there is too much, blocks are shortened and then
 * left out, the least important first and of those the largest; each section says what it lacks.
 */
export function layOut(lead: readonly string[], sections: readonly Section[], limits: PageLimits): Pages {
  const fitted = sections.map((section) => fitSection(section, limits.longest));
  const blocks = fitted.flatMap((section, index) => section.map((block) => ({ ...block, section: index })));
  const order = reductionsOf(blocks);
  const pagesAfter = (count: number) => pack(lead, textsOf(sections, applied(blocks, order, count)), limits.longest);
  const count = leastCount(order.length, (tried) => pagesAfter(tried).length <= limits.most);
  const shown = applied(blocks, order, count);
  const texts = textsOf(sections, shown);
  let pages = pack(lead, texts, limits.longest);
  const needed = pack(lead, [], limits.longest).length;
  let kept = texts.length;
  while (pages.length > Math.max(limits.most, needed) && kept > 0) pages = pack(lead, texts.slice(0, --kept), limits.longest);
  return {
    pages,
    shortened: shown.filter(({ form, from }) => form > 0 && form < from.forms.length).length,
    leftOut: shown.filter(({ form, from, section }) => form >= from.forms.length && section < kept).length,
    sectionsLeftOut: texts.length - kept,
  };
}

/** A block and which of its forms is shown; the number of forms: none. */
interface Shown {
  readonly from: Block;
  readonly form: number;
}
type Placed = Shown & { readonly section: number };
interface Reduction {
  readonly block: number;
  readonly form: number;
}

/** In the order in which they are done: all are shortened before one is left out. */
function reductionsOf(blocks: readonly Shown[]): Reduction[] {
  const all = blocks.flatMap(({ from, form }, block) =>
    Array.from({ length: from.forms.length - form }, (_, index) => ({ block, form: form + index + 1, rank: from.rank, of: from })),
  );
  const drops = ({ form, of }: { form: number; of: Block }) => (form >= of.forms.length ? 1 : 0);
  return all.sort(
    (a, b) =>
      drops(a) - drops(b) || b.rank - a.rank || a.form - b.form || sizeOf(b.of.forms[0]) - sizeOf(a.of.forms[0]) || b.block - a.block,
  );
}

function applied<S extends Shown>(blocks: readonly S[], order: readonly Reduction[], count: number): S[] {
  const out = [...blocks];
  for (const { block, form } of order.slice(0, count)) {
    const was = out[block] as S;
    if (form > was.form) out[block] = { ...was, form };
  }
  return out;
}

/** The smallest count that fits, or all. */
function leastCount(all: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, all];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function fitSection(section: Section, longest: number): Shown[] {
  const blocks = section.blocks.map((from) => ({ from, form: 0 }));
  const order = reductionsOf(blocks);
  const count = leastCount(order.length, (tried) => sizeOf(sectionText(section, applied(blocks, order, tried))) <= longest);
  return applied(blocks, order, count);
}

function textsOf(sections: readonly Section[], blocks: readonly Placed[]): string[] {
  const bySection = sections.map((): Placed[] => []);
  for (const block of blocks) bySection[block.section]?.push(block);
  return sections.map((section, index) => sectionText(section, bySection[index] ?? []));
}

function sectionText({ open, close }: Section, shown: readonly Shown[]): string {
  const bodies = shown.flatMap(({ from, form }) => from.forms[form] ?? []);
  const short = shown.filter(({ from, form }) => form > 0 && form < from.forms.length).length;
  const gone = shown.filter(({ from, form }) => form >= from.forms.length).length;
  const lacks = [short === 0 ? '' : `${short} shortened`, gone === 0 ? '' : `${gone} left out`].filter((part) => part !== '');
  const note = lacks.length === 0 ? [] : [`**For want of room, of ${shown.length} resources: ${lacks.join(', ')}.**`];
  return [open, ...bodies, ...note, close].filter((part) => part !== '').join('\n\n');
}

/** In their order; a new page where the next text does not fit. */
function pack(lead: readonly string[], texts: readonly string[], longest: number): string[][] {
  const pages: string[][] = [];
  let room = 0;
  for (const text of [...lead, ...texts]) {
    const size = sizeOf(text) + 2;
    if (pages.length === 0 || size > room) {
      pages.push([]);
      room = longest;
    }
    pages.at(-1)?.push(text);
    room -= size;
  }
  return pages;
}

export function sizeOf(text: string | undefined): number {
  return text === undefined ? 0 : Buffer.byteLength(text);
}
