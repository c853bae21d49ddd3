import { clip, fenced } from './escape.ts';
import { markLine, type CommentMark } from './review-markdown.ts';
import { printable } from './wording.ts';

/** The comment where nothing could be planned at all, so that none of before stands there as if it were true. */
export function failureMarkdown(message: string, { mark, command }: { mark: CommentMark; command?: string }): string {
  const lines = clip(message, 20_000)
    .split('\n')
    .map((line) => printable(line));
  const repeat = command === undefined ? [] : [`The same on your machine: ${fenced([printable(command)])}`];
  return `${[markLine(mark, 1), '### ⛔ Steersman could not plan this', fenced(lines), ...repeat].join('\n\n')}\n`;
}
