import { existsSync } from 'node:fs';
import MarkdownIt from 'markdown-it';
import { chromium, type Browser } from 'playwright-core';

const executablePath = '/usr/bin/chromium';
/** `.ci/run` installs it; where it is not, what needs it is skipped. */
export const hasBrowser = existsSync(executablePath);

/** Debian's Chromium, without a window. Close it in the end. */
export function openBrowser(): Promise<Browser> {
  const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  return chromium.launch({ executablePath, args: [...quiet, '--disable-component-update', '--disable-sync'] });
}

/** A comment as a forge shows it: GitHub's Markdown, HTML let through, a single line feed breaks the line. */
export function commentHtml(markdown: string): string {
  const html = new MarkdownIt({ html: true, linkify: true, breaks: true }).render(markdown);
  const style = `body { font: 14px/1.5 sans-serif; max-width: 860px; margin: 20px auto; color: #1f2328; overflow-wrap: anywhere; }
    code, pre { font-family: monospace; font-size: 85%; background: #eff1f3; border-radius: 6px; } code { padding: .2em .4em; }
    pre { padding: 12px; overflow: auto; } pre code { padding: 0; font-size: 100%; } h3, h4 { margin: 18px 0 8px; } sub { font-size: 75%; }
    table { border-collapse: collapse; margin: 12px 0; } th, td { border: 1px solid #d1d9e0; padding: 6px 13px; } details { margin: 6px 0; }
    ul { padding-left: 2em; } hr { border: 0; border-top: 4px solid #d1d9e0; } a { color: #0969da; }`;
  return `<!doctype html><html><head><meta charset="utf-8"><style>${style}</style></head><body>${html}</body></html>`;
}
