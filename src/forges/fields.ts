import type { Clock } from '../base/clock.ts';
import { isRecord } from '../base/json.ts';
import { ForgeError, type Caller } from './caller.ts';
import type { PullRequest } from './forge.ts';

/** What each forge is made of. */
export interface ForgeOptions {
  readonly caller: Caller;
  readonly pull: PullRequest;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A text somewhere in an answer. @throws ForgeError where there is none */
export function field(body: unknown, ...path: readonly string[]): string {
  let value = body;
  for (const name of path) value = isRecord(value) ? value[name] : undefined;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new ForgeError(`the forge's answer has no ${path.join('.')}`, 200);
}

/** `owner/name` in an address. */
export function projectPath(project: string): string {
  return project
    .split('/')
    .map((part) => encodeURIComponent(part))
    .join('/');
}

/** At most so many letters. */
export function clipped(text: string, longest: number): string {
  const letters = [...text];
  return letters.length <= longest ? text : `${letters.slice(0, longest - 1).join('')}…`;
}
