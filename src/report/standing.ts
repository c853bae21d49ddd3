import type { Forecast } from '../api/forecast.ts';
import type { Review } from '../api/review.ts';
import { markLine, type CommentMark } from './review-markdown.ts';
import { factsOf } from './review-facts.ts';
import { verdictOf, verdictText } from './sentences.ts';

/** How a pull request stands, for a light beside its commit. */
export interface Standing {
  /** `error`: something could not be planned. */
  readonly state: 'success' | 'failure' | 'error';
  readonly conclusion: 'success' | 'neutral' | 'failure';
  /** The verdict in one line. */
  readonly description: string;
}

export function standingOf(review: Review, forecast?: Forecast): Standing {
  const facts = factsOf(review, forecast);
  // What counts comes first: forges cut the line.
  const verdict = verdictOf(facts, forecast);
  const counted = verdict.sentences.filter((sentence) => /blocker|caution/.test(sentence));
  const others = { ...verdict, sentences: verdict.sentences.filter((sentence) => !counted.includes(sentence)) };
  const description = [...counted, verdictText(others)].join(' ');
  if (facts.failed.length > 0) return { state: 'error', conclusion: 'failure', description };
  if (facts.blockers.length > 0) return { state: 'failure', conclusion: 'failure', description };
  return { state: 'success', conclusion: facts.cautions.length > 0 ? 'neutral' : 'success', description };
}

/**
 * Comments that a job of the pull request itself has written: their marks are made anew, since a stranger may have chosen them, and each
 * says where it is from, since who changes the job changes what it says.
 */
export function postedElsewhere(bodies: readonly string[], mark: CommentMark): string[] {
  const from = '<sub>Written by a job of the pull request itself: a change to that job can change what stands here.</sub>';
  return bodies.map((body, index) => {
    const rest = body.replaceAll(/<!--\s*steersman:[^\n]*?-->/g, '').trim();
    return `${[markLine(mark, index + 1), from, rest].join('\n\n')}\n`;
  });
}
