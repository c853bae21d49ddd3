import type { Forecast } from '../api/forecast.ts';
import type { Review } from '../api/review.ts';
import { errorText } from '../base/log.ts';
import { parseHideRule, type HideRule } from '../report/hide.ts';
import { reviewHtml } from '../report/review-html.ts';
import { reviewJson } from '../report/review-json.ts';
import { reviewMarkdown } from '../report/review-markdown.ts';
import { reviewText } from '../report/review-text.ts';
import { list, type Call } from './command.ts';
import type { Environment } from './environment.ts';
import { paintFor, UsageError } from './output.ts';
import type { ReviewFormat } from './review-formats.ts';
import { version } from './version.ts';

/** A review, and the forecast where there is one, in the form that `-o` names. `command` repeats it on another machine. */
export function reviewOutput(
  environment: Environment,
  review: Review,
  { format, forecast, command }: { format: ReviewFormat; forecast?: Forecast | undefined; command?: string },
): string {
  switch (format) {
    case 'text':
      return reviewText(review, forecast, { paint: paintFor(environment) });
    case 'json':
      return `${JSON.stringify(reviewJson(review, forecast), undefined, 2)}\n`;
    case 'markdown':
      return reviewMarkdown(review, forecast, { version, ...(command === undefined ? {} : { command }) }).join('\n');
    case 'html':
      return reviewHtml(review, forecast, { version });
  }
}

/** The command line that gives the same review in a clone: by the two commits, for branches move on. */
export function commandFor(call: Call, { base, head }: Pick<Review, 'base' | 'head'>): string {
  return planCommandLine({ from: base.commit.slice(0, 12), to: head.commit.slice(0, 12) }, call);
}
/** The command line of `steer plan` between two revisions, with what a call was told beside them. */
export function planCommandLine({ from, to }: { from: string; to: string }, call: Call): string {
  const { options } = call;
  const words = ['steer', 'plan', '--from', shellWord(from), '--to', shellWord(to)];
  for (const [name, option] of repeated) {
    const value = options[name];
    if (value === true) words.push(option);
    else if (typeof value === 'string') words.push(option, shellWord(value));
    else for (const one of list(call, name)) words.push(option, shellWord(one));
  }
  return words.join(' ');
}
/** What else decides what a review says. */
const repeated = [
  'path',
  'app',
  'unserved',
  'strict',
  'schema-location',
  'profile',
  'kubernetes-version',
  'chart-cache',
  'hide',
  'forecast',
  'nodes',
  'startup',
  'horizon',
].map((name) => [name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()), `--${name}`] as const);

/** A word of a command line that somebody will paste into a shell. */
export function shellWord(word: string): string {
  return /^[\w./:@^~+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** What `--hide` asks for. @throws UsageError */
export function hideRules(call: Call): readonly HideRule[] {
  return list(call, 'hide').map((what) => {
    try {
      return parseHideRule(what);
    } catch (error) {
      throw new UsageError(`--hide: ${errorText(error)}`);
    }
  });
}
