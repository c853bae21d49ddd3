import type { Command } from '../command.ts';
import { chartCacheOption } from '../source-options.ts';

/** Forms of its page. */
export const replayFormats = ['text', 'html', 'json'] as const;

export const replayCommand: Command = {
  name: 'replay',
  summary: 'shows what the last merges of a repository did: restarts, refusals, lost data, what no diff shows',
  arguments: [{ name: 'REPO', summary: 'repository (default: the one of the present folder)', completes: 'files' }],
  options: [
    { flags: '--last N', summary: 'how many merges', defaultsTo: '50' },
    { flags: '--revision REV', summary: 'the branch whose merges are meant', defaultsTo: 'the default branch' },
    { flags: '--path P', summary: 'only applications of this folder', defaultsTo: 'all' },
    { flags: '--by WHAT', summary: 'merges or commits', defaultsTo: 'merges, where the branch has them', values: ['merges', 'commits'] },
    chartCacheOption,
    { flags: '--plan-only', summary: 'do not simulate what runs: faster, and tells no restarts' },
    { flags: '-o, --output FORMAT', summary: 'text, html or json', defaultsTo: 'text', values: [...replayFormats] },
  ],
  examples: [
    ['steer replay', 'the last 50 merges of the clone that you stand in; nothing to set up, nothing is changed'],
    ['steer replay -o html > replay.html', 'one page with search'],
    ['steer replay https://github.com/stefanprodan/podinfo --last 20', 'of a repository elsewhere'],
  ],
  run: async (call) => (await import('../work/replay.ts')).runReplay(call),
};
