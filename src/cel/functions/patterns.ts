import { RE2JSSyntaxException, type RE2JS } from 're2js';
import { compilePattern as compileOnce } from '../../schema/pattern.ts';
import { overload, type Overload } from '../declare.ts';
import { CelError } from '../value.ts';

export function compilePattern(pattern: string): RE2JS {
  try {
    return compileOnce(pattern);
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
