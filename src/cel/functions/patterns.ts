import { RE2JS, RE2JSSyntaxException } from 're2js';
import { overload, type Overload } from '../declare.ts';
import { CelError } from '../value.ts';

/** Patterns of rules come from users: RE2 reads them in linear time. The few that are in use are kept. */
const compiled = new Map<string, RE2JS>();
const kept = 500;

export function compilePattern(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  try {
    const made = RE2JS.compile(pattern);
    if (compiled.size >= kept) compiled.clear();
    compiled.set(pattern, made);
    return made;
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw new CelError(error.message);
  }
}

function findAll(text: string, pattern: string, most: bigint = -1n): string[] {
  const matcher = compilePattern(pattern).matcher(text);
  const found: string[] = [];
  while ((most < 0n || found.length < most) && matcher.find()) found.push(matcher.group() ?? '');
  return found;
}

export const patterns: readonly Overload[] = [
  overload('string.matches(string): bool', (text: string, pattern: string) => compilePattern(pattern).matcher(text).find(), 'match'),
  overload('matches(string, string): bool', (text: string, pattern: string) => compilePattern(pattern).matcher(text).find(), 'match'),
  overload('string.find(string): string', (text: string, pattern: string) => findAll(text, pattern, 1n)[0] ?? '', 'match'),
  overload('string.findAll(string): list<string>', (text: string, pattern: string) => findAll(text, pattern), 'match'),
  overload('string.findAll(string, int): list<string>', findAll, 'match'),
];
