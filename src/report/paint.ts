import type { Action } from '../api/plan.ts';

/** Colours a text, or leaves it as it is where the output is no terminal. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  strong(text: string): string;
  faint(text: string): string;
}
export const noPaint: Paint = { good: same, bad: same, warn: same, strong: same, faint: same };
function same(text: string): string {
  return text;
}

/** The mark in front of a step. */
export const glyphs: Readonly<Record<Action, string>> = {
  create: '+',
  configure: '~',
  recreate: '±',
  prune: '-',
  blocked: '!',
  skip: '·',
  unchanged: '=',
};

export function paintAction(action: Action, text: string, paint: Paint): string {
  switch (action) {
    case 'create':
      return paint.good(text);
    case 'configure':
    case 'recreate':
      return paint.warn(text);
    case 'prune':
    case 'blocked':
      return paint.bad(text);
    case 'skip':
    case 'unchanged':
      return paint.faint(text);
  }
}
