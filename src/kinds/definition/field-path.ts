import { childOf, childrenOf, propertyOf, type Node } from './node.ts';

/** A JSONPath of names alone: where it leads, as field paths are written, or why it leads nowhere. */
export type FieldPath = { readonly field: string; readonly first: string; readonly node: Node } | { readonly problem: string };

interface Walk {
  field: string;
  first: string;
  node: Node;
}
const escapes: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', "'": "'", '\\': '\\' };

/** Follows `.spec.color` or `.map['a.b']` through a schema (apiextensions-apiserver v1.35, cel.ValidFieldPath). */
export function fieldPathOf(path: string, schema: Node, options: { brackets: boolean } = { brackets: true }): FieldPath {
  const walk: Walk = { field: '', first: '', node: schema };
  const tokens = tokensOf(path);
  for (let at = 0; at < tokens.length;) {
    const token = tokens[at] as string;
    let problem: string | undefined;
    if (token === '.') {
      const name = tokens[at + 1];
      problem = name === undefined ? 'unexpected end of JSON path' : follow(walk, name);
      at += 2;
    } else if (token === '[') {
      problem = options.brackets ? bracket(walk, tokens.slice(at + 1, at + 3)) : 'array notation is not allowed';
      at += 3;
    } else problem = `expected [ or . but got: ${token}`;
    if (problem !== undefined) return { problem };
  }
  return walk;
}

/** Names, quoted texts, and each of `.`, `[` and `]` by itself. */
function tokensOf(path: string): readonly string[] {
  return path.match(/'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]]+/g) ?? [];
}

function bracket(walk: Walk, [quoted, close]: readonly string[]): string | undefined {
  if (quoted === undefined) return 'unexpected end of JSON path';
  if (quoted.length < 2 || !quoted.startsWith("'") || !quoted.endsWith("'")) return `expected single quoted string but got ${quoted}`;
  let wrong: string | undefined;
  const name = quoted.slice(1, -1).replaceAll(/\\(.)/gs, (whole, char: string) => {
    const known = escapes[char];
    if (known === undefined) wrong = whole;
    return known ?? '';
  });
  if (wrong !== undefined) return `invalid string literal: invalid escape char ${wrong}`;
  const problem = follow(walk, name);
  if (problem !== undefined) return problem;
  if (close === undefined) return 'unexpected end of JSON path';
  return close === ']' ? undefined : `expected ] but got ${close}`;
}

function follow(walk: Walk, name: string): string | undefined {
  const named = childrenOf(walk.node, 'properties').length > 0;
  const next = named ? propertyOf(walk.node, name) : childOf(walk.node, 'additionalProperties');
  if (next === undefined) return 'does not refer to a valid field';
  if (walk.first === '') walk.first = name;
  if (named) walk.field += walk.field === '' ? name : `.${name}`;
  else walk.field += `[${name}]`;
  walk.node = next;
  return undefined;
}
