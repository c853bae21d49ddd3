/**
 * Patterns of paths: `*`, `**`, `?`, `[ab]`, `{a,b}`. `slashes`: whether `*` and `?` go over a slash too. A pattern is matched in
 * time linear in the path's length per star, so that no pattern of a repository can hold us up.
 */
export function matcher(pattern: string, options: { slashes: boolean }): (path: string) => boolean {
  const alternatives = braces(pattern.replace(/^\.?\//, '').replace(/\/$/, ''));
  const parsed = alternatives.map((one) => parse(one, options.slashes));
  return (path) => parsed.some((tokens) => matches(tokens, path));
}

type Token = { readonly star: 'any' | 'part' } | { readonly one: (char: string) => boolean };
/** More alternatives than an honest pattern has. */
const mostAlternatives = 256;

/** Beyond the limit, braces stand for themselves. */
function braces(pattern: string): string[] {
  let done: string[] = [pattern];
  for (let open = pattern.indexOf('{'); open >= 0 && done.length <= mostAlternatives; open = pattern.indexOf('{', open + 1)) {
    const group = /\{([^{}]*)\}/;
    const next = done.flatMap((one) => {
      const found = group.exec(one);
      if (found === null) return [one];
      return (found[1] ?? '').split(',').map((part) => one.slice(0, found.index) + part + one.slice(found.index + found[0].length));
    });
    done = next;
  }
  return done;
}
function parse(pattern: string, slashes: boolean): Token[] {
  const out: Token[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] as string;
    if (char === '*') {
      const double = pattern[at + 1] === '*';
      if (double) at++;
      // `a/**/b` takes `a/b` too.
      if (double && pattern[at + 1] === '/' && (out.length === 0 || pattern[at - 2] === '/')) at++;
      out.push({ star: double || slashes ? 'any' : 'part' });
    } else if (char === '?') out.push({ one: (other) => slashes || other !== '/' });
    else if (char === '[' && pattern.indexOf(']', at + 2) > 0) {
      const end = pattern.indexOf(']', at + 2);
      out.push({ one: charClass(pattern.slice(at + 1, end)) });
      at = end;
    } else {
      const literal = char === '\\' && at + 1 < pattern.length ? (pattern[++at] as string) : char;
      out.push({ one: (other) => other === literal });
    }
  }
  return out;
}
function charClass(text: string): (char: string) => boolean {
  const not = /^[!^]/.test(text);
  const body = not ? text.slice(1) : text;
  return (char) => {
    let found = false;
    for (let at = 0; at < body.length; at++) {
      if (body[at + 1] === '-' && at + 2 < body.length) {
        found ||= char >= (body[at] as string) && char <= (body[at + 2] as string);
        at += 2;
      } else found ||= char === body[at];
    }
    return found !== not && char !== '/';
  };
}

/** The set of places in the pattern that the path so far can stand at. */
function matches(tokens: readonly Token[], path: string): boolean {
  let states = closure(tokens, new Set([0]));
  for (const char of path) {
    const next = new Set<number>();
    for (const at of states) {
      const token = tokens[at];
      if (token === undefined) continue;
      if ('star' in token) {
        if (token.star === 'any' || char !== '/') next.add(at);
      } else if (token.one(char)) next.add(at + 1);
    }
    if (next.size === 0) return false;
    states = closure(tokens, next);
  }
  return states.has(tokens.length);
}
function closure(tokens: readonly Token[], states: Set<number>): Set<number> {
  for (const at of states) {
    const token = tokens[at];
    if (token !== undefined && 'star' in token) states.add(at + 1);
  }
  return states;
}
