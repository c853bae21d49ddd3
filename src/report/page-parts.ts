import { createHash } from 'node:crypto';

/** Light and dark, as the reader's system is. */
export const pageStyle = `
:root { color-scheme: light dark; --bad: #b3261e; --warn: #8a5a00; --good: #1a7f37; --line: #8886; --faint: #777; --soft: #8881; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --warn: #e3b341; --good: #56d364; --faint: #999; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 1.5rem auto; padding: 0 1rem; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; margin-bottom: .3rem; } h2 { font-size: 1.15rem; margin: 1.5rem 0 .4rem; } h3 { font-size: 1rem; }
code, pre { font-family: ui-monospace, 'DejaVu Sans Mono', monospace; font-size: .88em; }
pre { background: var(--soft); padding: .6rem; margin: .3rem 0; overflow-x: auto; white-space: pre-wrap; }
table { border-collapse: collapse; } td, th { border: 1px solid var(--line); padding: .2rem .5rem; text-align: left; vertical-align: top; }
small, .faint, footer { color: var(--faint); }
.bad, .prune, .blocked, del { color: var(--bad); } .warn, .configure, .recreate { color: var(--warn); } .create, ins { color: var(--good); }
section.bad, section.warn { color: inherit; border-left: 4px solid var(--warn); padding-left: .8rem; } section.bad { border-color: var(--bad); }
ins, del { text-decoration: none; } summary { cursor: pointer; } ul { padding-left: 1.3rem; margin: .3rem 0; }
.app { border: 1px solid var(--line); border-radius: 6px; padding: .4rem .7rem; margin: .5rem 0; } .step { margin: .25rem 0 .25rem .6rem; }
.tools { position: sticky; top: 0; background: Canvas; padding: .4rem 0; } #search { width: 22rem; max-width: 60%; font: inherit; }
.bar { fill: var(--good); } .bar.stuck { fill: var(--bad); } [hidden] { display: none !important; }
`;

/** Filters by every word that is typed, opens what it finds, and folds all on request. */
export const pageScript = `
(() => {
  const search = document.getElementById('search');
  if (!search) return;
  const apps = [...document.querySelectorAll('.app')].map((app) => ({
    app,
    head: app.querySelector('summary').textContent.toLowerCase(),
    steps: [...app.querySelectorAll('.step')].map((step) => ({ step, text: step.textContent.toLowerCase() })),
  }));
  const found = document.getElementById('found');
  const filter = () => {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let count = 0;
    for (const { app, head, steps } of apps) {
      let any = false;
      for (const { step, text } of steps) {
        const hit = words.every((word) => text.includes(word) || head.includes(word));
        step.hidden = !hit;
        if (hit) { any = true; count++; }
      }
      app.hidden = words.length > 0 && !any && !words.every((word) => head.includes(word));
      if (words.length > 0 && any) app.open = true;
    }
    found.textContent = words.length === 0 ? '' : count + (count === 1 ? ' resource' : ' resources');
  };
  search.addEventListener('input', filter);
  const fold = (open) => () => { for (const each of document.querySelectorAll('.app, details.step')) each.open = open; };
  document.getElementById('open').addEventListener('click', fold(true));
  document.getElementById('close').addEventListener('click', fold(false));
})();
`;

/** What the page's policy allows to run: this script and no other. */
export const scriptHash = `sha256-${createHash('sha256').update(pageScript).digest('base64')}`;
