import { RE2JS } from 're2js';

/** The few patterns that are in use, by their texts: many schemas say the same. */
const compiled = new Map<string, RE2JS>();
const kept = 500;

/** A pattern of a user's, which RE2 reads in linear time. Compiled once while it is in use. @throws RE2JSSyntaxException */
export function compilePattern(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const made = RE2JS.compile(pattern);
  if (compiled.size >= kept) compiled.clear();
  compiled.set(pattern, made);
  return made;
}
