import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import type { Review } from '../../src/api/review.ts';
import { layOut } from '../../src/report/pages.ts';
import { reviewMarkdown, sameComment } from '../../src/report/review-markdown.ts';
import { reviewText } from '../../src/report/review-text.ts';
import { situations } from '../support/reviews.ts';
import { root } from '../support/sources.ts';

const folder = join(root, 'test/golden/report');
const update = process.env['UPDATE_GOLDEN'] === '1';
const mark = { repo: 'shop/deploy', pull: '7', instance: 'default' };
const options = {
  version: '0.0.0',
  command: 'steer plan --from main --to feature',
  mark,
  fileUrl: (origin: { path: string; line: number }) =>
    `https://forge.test/shop/deploy/blob/2222222/${encodeURI(origin.path)}#L${origin.line}`,
};

function golden(name: string, text: string): void {
  const path = join(folder, name);
  if (update) writeFileSync(path, text);
  expect(text).toBe(existsSync(path) ? readFileSync(path, 'utf8') : '');
}

/** As a forge renders a comment: GitHub's Markdown with HTML let through. */
const markdown = new MarkdownIt({ html: true, linkify: true, breaks: true });

describe.each(Object.entries(situations))('%s', (name, make) => {
  const { review, forecast } = make();
  const pages = reviewMarkdown(review, forecast, options);

  it('has the recorded comments, each within what a forge takes', () => {
    pages.forEach((page, index) => golden(`${name}-${index + 1}.md`, page));
    expect(readdirSync(folder).filter((file) => new RegExp(`^${name}-\\d+\\.md$`).test(file))).toHaveLength(pages.length);
    for (const page of pages) expect(Buffer.byteLength(page)).toBeLessThanOrEqual(65_000);
    expect(pages.length).toBeLessThanOrEqual(4);
  });
  it('has the recorded text', () => {
    golden(`${name}.txt`, reviewText(review, forecast));
  });
  it('closes on each page what it opens, and nothing that a repository wrote becomes markup', () => {
    for (const [index, page] of pages.entries()) {
      expect(page.split('\n')[0]).toBe(`<!-- steersman:shop%2Fdeploy:7:default:${index + 1} -->`);
      const html = markdown.render(page);
      const tags = [...html.replaceAll(/<!--.*?-->/gs, '').matchAll(/<(\/?)([a-z0-9]+)/gi)];
      const allowed = 'details summary code pre p h3 h4 ul li table thead tbody tr th td sub b strong em a hr br';
      expect([...new Set(tags.map(([, , tag = '']) => tag.toLowerCase()))].filter((tag) => !allowed.split(' ').includes(tag))).toEqual([]);
      const count = (tag: string, closing: string) => tags.filter(([, slash, found]) => slash === closing && found === tag).length;
      for (const tag of ['details', 'summary', 'code', 'pre', 'sub', 'a']) expect([tag, count(tag, '/')]).toEqual([tag, count(tag, '')]);
      expect(
        [...html.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href).filter((href) => !href.startsWith('https://forge.test/')),
      ).toEqual([]);
    }
  });
});

it('keeps no golden file that no situation writes', () => {
  const names = Object.keys(situations);
  expect(
    readdirSync(folder).filter((file) => !names.some((name) => file === `${name}.txt` || new RegExp(`^${name}-\\d+\\.md$`).test(file))),
  ).toEqual([]);
});

describe('pages', () => {
  const block = (rank: number, size: number) => ({ rank, forms: ['x'.repeat(size), 'short'] });

  it('shortens what matters least, and of that the largest', () => {
    const section = { open: 'open', blocks: [block(1, 400), block(4, 300), block(4, 500)], close: 'close' };
    const { pages, shortened, leftOut } = layOut([], [section], { longest: 900, most: 1 });
    expect(pages).toEqual([
      [`open\n\n${'x'.repeat(400)}\n\n${'x'.repeat(300)}\n\nshort\n\n**For want of room, of 3 resources: 1 shortened.**\n\nclose`],
    ]);
    expect({ shortened, leftOut }).toEqual({ shortened: 1, leftOut: 0 });
  });
  it('tears no application apart', () => {
    const sections = Array.from({ length: 5 }, (_, index) => ({ open: `open ${index}`, blocks: [block(3, 400)], close: 'close' }));
    const { pages } = layOut(['lead'], sections, { longest: 1000, most: 4 });
    expect(pages.map((page) => page.map((text) => text.slice(0, 6)))).toEqual([
      ['lead', 'open 0', 'open 1'],
      ['open 2', 'open 3'],
      ['open 4'],
    ]);
  });
  it('leaves out whole applications where there are too many, and counts them', () => {
    const sections = Array.from({ length: 50 }, () => ({ open: 'o'.repeat(90), blocks: [block(3, 400)], close: 'close' }));
    const laid = layOut(['lead'], sections, { longest: 500, most: 2 });
    expect(laid.pages).toHaveLength(2);
    expect(laid.sectionsLeftOut).toBe(50 - laid.pages.flat().length + 1);
  });
  it('never cuts the lead', () => {
    const lead = Array.from({ length: 30 }, (_, index) => `${index} `.padEnd(400, 'x'));
    expect(
      layOut(lead, [{ open: 'o', blocks: [block(3, 10)], close: '' }], { longest: 1000, most: 2 })
        .pages.flat()
        .slice(0, 30),
    ).toEqual(lead);
  });
});

it('takes two comments that differ in what the run took as the same', () => {
  const [first = ''] = reviewMarkdown(situations['small']?.().review as Review, undefined, options);
  const later = first.replace('took 312 ms', 'took 900 ms').replaceAll('\n', '\r\n').trimEnd();
  expect([sameComment(first, later), sameComment(first, first.replace('3 → 5', '3 → 6'))]).toEqual([true, false]);
});
