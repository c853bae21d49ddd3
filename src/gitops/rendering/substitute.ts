/** Why a text cannot be substituted. */
export class SubstitutionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SubstitutionError';
  }
}
/** Of one expression. */
const longest = 100_000;
const deepest = 10;

/**
 * `${name}` and the forms of bash that Flux knows: defaults (`:=`, `=`, `:-`, `-`), case (`^`, `^^`, `,`, `,,`), length (`${#name}`), parts
 * (`:1:3`), replacement (`/a/b`, `//a/b`), and removal at the ends (`#`, `##`, `%`, `%%`). `$${name}` is `${name}`. A name without a value
 * stays as it is, and `unknown` is told. @throws SubstitutionError
 */
export function substituteText(text: string, variables: Readonly<Record<string, string>>, unknown: (name: string) => void): string {
  return expand(text, { variables, unknown, depth: 0 });
}

interface Around {
  readonly variables: Readonly<Record<string, string>>;
  unknown(name: string): void;
  readonly depth: number;
}
function expand(text: string, around: Around): string {
  if (around.depth > deepest) throw new SubstitutionError(`\${…} stands in itself more than ${deepest} times`);
  let out = '';
  let at = 0;
  for (;;) {
    const open = text.indexOf('${', at);
    if (open < 0) break;
    if (text.charAt(open - 1) === '$' && open - 1 >= at) {
      out += `${text.slice(at, open - 1)}\${`;
      at = open + 2;
      continue;
    }
    const close = closing(text, open);
    const whole = text.slice(open, close + 1);
    out += text.slice(at, open) + (expression(text.slice(open + 2, close), around) ?? whole);
    if (out.length > longest * 10) throw new SubstitutionError('the text grows too long');
    at = close + 1;
  }
  return out + text.slice(at);
}
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length && at - open < longest; at++) {
    if (text.startsWith('${', at)) depth++;
    if (text.charAt(at) === '}' && --depth === 0) return at;
  }
  throw new SubstitutionError(`${text.slice(open, open + 30)} has no end`);
}

/** Undefined for a name without a value. @throws SubstitutionError for what is no expression */
function expression(text: string, around: Around): string | undefined {
  const length = /^#([A-Za-z_]\w*)$/.exec(text);
  if (length !== null) return valueOf(length[1] as string, around)?.length.toString();
  const [, name, rest = ''] = /^([A-Za-z_]\w*)([^]*)$/.exec(text) ?? [];
  if (name === undefined) throw new SubstitutionError(`\${${text.slice(0, 30)}} is no expression: a name is needed`);
  const byDefault = /^(?::=|=|:-|-)([^]*)$/.exec(rest);
  if (byDefault !== null) {
    const value = around.variables[name];
    const given = value !== undefined && (value !== '' || !rest.startsWith(':'));
    return given ? value : expand(byDefault[1] as string, { ...around, depth: around.depth + 1 });
  }
  const value = valueOf(name, around);
  return value === undefined || rest === '' ? value : applied(rest, value, text);
}
function valueOf(name: string, { variables, unknown }: Around): string | undefined {
  if (Object.hasOwn(variables, name)) return variables[name];
  unknown(name);
  return undefined;
}

/** What follows a name, done to its value. */
function applied(rest: string, value: string, text: string): string {
  const part = /^:(\d+)(?::(\d+))?$/.exec(rest);
  if (part !== null) return value.slice(Number(part[1]), part[2] === undefined ? undefined : Number(part[1]) + Number(part[2]));
  switch (rest) {
    case '^':
      return value.charAt(0).toUpperCase() + value.slice(1);
    case '^^':
      return value.toUpperCase();
    case ',':
      return value.charAt(0).toLowerCase() + value.slice(1);
    case ',,':
      return value.toLowerCase();
  }
  const replaced = /^(\/\/?)([^/]+)\/([^]*)$/.exec(rest);
  if (replaced !== null) {
    const [, how, from, to] = replaced as unknown as [string, string, string, string];
    return how === '//' ? value.replaceAll(from, () => to) : value.replace(from, () => to);
  }
  const [, where, end] = /^(##?|%%?)([^*?[\]]+)$/.exec(rest) ?? [];
  if (where === undefined || end === undefined)
    throw new SubstitutionError(`\${${text.slice(0, 30)}} is an expression that is not known here`);
  if (where.startsWith('#')) return value.startsWith(end) ? value.slice(end.length) : value;
  return value.endsWith(end) ? value.slice(0, value.length - end.length) : value;
}
