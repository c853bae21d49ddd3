import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reviewHtml } from '../../src/report/review-html.ts';
import { commentHtml, hasBrowser, openBrowser } from '../support/browser.ts';
import { hostileTexts, situations } from '../support/reviews.ts';
import { root } from '../support/sources.ts';

const folder = join(root, 'test/golden/report');

describe.skipIf(!hasBrowser)('in a real browser', () => {
  let browser: Browser;
  let page: Page;
  /** What no report may do: ask for anything, open a dialog, complain. */
  const misdeeds: string[] = [];
  beforeAll(async () => {
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 920, height: 700 } });
    page.on('request', (request) => void misdeeds.push(`asks for ${request.url()}`));
    page.on('dialog', (dialog) => {
      misdeeds.push(`opens a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (message) => void misdeeds.push(`says ${message.text()}`));
    page.on('pageerror', (error) => void misdeeds.push(`fails: ${error.message}`));
  });
  afterAll(() => browser.close());

  const show = async (html: string) => {
    misdeeds.length = 0;
    await page.setContent(html);
  };
  /** Text as a reader sees it, spaces as one; what has no width is not seen. */
  const seen = async () => (await page.evaluate<string>('document.body.textContent')).replaceAll('\u200b', '').replaceAll(/\s+/g, ' ');

  it.each(readdirSync(folder).filter((name) => name.endsWith('.md')))('the comment %s shows no markup and does nothing', async (name) => {
    await show(commentHtml(readFileSync(join(folder, name), 'utf8')));
    expect(await page.locator('body > *').count()).toBeGreaterThan(1);
    // Markdown that was left as it stands would show its signs.
    const texts = await page.locator('p, li, td, th, summary, h3, h4').evaluateAll((all) => all.map((one) => one.textContent));
    if (!name.startsWith('hostile')) expect(texts.filter((text) => /<\/?[a-z]|\*\*|^#|```|&#/.test(text))).toEqual([]);
    expect(await page.evaluate<number>('document.body.scrollWidth')).toBeLessThanOrEqual(920);
    expect(misdeeds).toEqual([]);
  });

  it('a hostile repository is shown as what it wrote', async () => {
    const { review, forecast } = situations['hostile']?.() ?? {};
    const page1 = commentHtml(readFileSync(join(folder, 'hostile-1.md'), 'utf8'));
    for (const html of [page1, review === undefined ? '' : reviewHtml(review, forecast, { version: '0.0.0' })]) {
      await show(html);
      const text = await seen();
      const visible = hostileTexts.filter((one) => !one.includes('\u0000')).map((one) => one.replaceAll(/\s+/g, ' '));
      expect(visible.filter((one) => !text.includes(one))).toEqual([]);
      expect(await page.locator('img, iframe, object, embed, body script:not(:last-child)').count()).toBe(0);
      expect(misdeeds).toEqual([]);
    }
  });

  it('the page finds what is searched for, in one application among many', async () => {
    const { review } = situations['many-changes']?.() ?? {};
    if (review === undefined) throw new Error('no such situation');
    await show(reviewHtml(review, undefined, { version: '0.0.0' }));
    const shown = () => page.locator('.step:visible').count();
    expect(await shown()).toBe(0);
    await page.fill('#search', 'statefulset db-20');
    expect([await shown(), await page.textContent('#found')]).toEqual([1, '1 resource']);
    await page.fill('#search', 'shop-7 spec.replicas');
    expect(await page.textContent('#found')).toBe('9 resources');
    await page.fill('#search', '');
    await page.click('#close');
    expect(await shown()).toBe(0);
    await page.click('#open');
    expect(await shown()).toBe(500);
    expect(misdeeds).toEqual([]);
  });
});
