import { labelKeyProblem, labelValueProblem } from './label.ts';

/** One condition on labels, as `in` writes it: `app in (a,b)`, `!app`, `weight gt 3`. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';
  readonly values: readonly string[];
}
/** One condition on a field; all must hold. */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}
/** As objects carry it (apimachinery, metav1.LabelSelector). */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}

/** A selector that cannot be read. The message is upstream's. */
export class SelectorError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SelectorError';
  }
}

export type Labels = Readonly<Record<string, string>>;

/** True when every requirement holds; no requirement holds always. */
export function matchesLabels(requirements: readonly LabelRequirement[], labels: Labels | undefined): boolean {
  for (const requirement of requirements) if (!holds(requirement, labels)) return false;
  return true;
}
function holds({ key, operator, values }: LabelRequirement, labels: Labels | undefined): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
      return value !== undefined && isWhole(value) && Number(value) > Number(values[0]);
    case 'lt':
      return value !== undefined && isWhole(value) && Number(value) < Number(values[0]);
  }
}
const isWhole = (text: string): boolean => /^[+-]?\d+$/.test(text);

/** Does the selector of an object select these labels? An absent selector selects nothing, an empty one everything. @throws SelectorError */
export function selects(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (selector === undefined) return false;
  const { matchLabels, matchExpressions } = selector;
  for (const key in matchLabels) if (labels?.[key] !== matchLabels[key]) return false;
  if (matchExpressions === undefined || matchExpressions.length === 0) return true;
  return matchesLabels(matchExpressions.map(requirementOf), labels);
}

/** The requirements of an object's selector, by key. @throws SelectorError for an operator that does not exist */
export function requirementsOf(selector: LabelSelector): LabelRequirement[] {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]): LabelRequirement => ({
    key,
    operator: 'in',
    values: [value],
  }));
  return [...equal, ...(selector.matchExpressions ?? []).map(requirementOf)].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}
const operators: Readonly<Record<string, LabelRequirement['operator']>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };
function requirementOf(expression: NonNullable<LabelSelector['matchExpressions']>[number]): LabelRequirement {
  const operator = Object.hasOwn(operators, expression.operator) ? operators[expression.operator] : undefined;
  if (operator === undefined) throw new SelectorError(`${JSON.stringify(expression.operator)} is not a valid label selector operator`);
  return { key: expression.key, operator, values: expression.values ?? [] };
}

/** The selector of an object as a query writes it: `app=web,tier in (a,b),!old`; '' selects everything. @throws SelectorError */
export function selectorText(selector: LabelSelector): string {
  return requirementsOf(selector).map(requirementText).join(',');
}
/** Requirements as text that `parseLabelSelector` reads back. */
export function requirementText({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'in':
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${[...values].sort().join(',')})`;
    case 'notin':
      return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin (${[...values].sort().join(',')})`;
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'gt':
      return `${key}>${values[0]}`;
    case 'lt':
      return `${key}<${values[0]}`;
  }
}

type TokenKind = 'identifier' | ',' | '(' | ')' | '!' | '=' | '==' | '!=' | '>' | '<' | 'in' | 'notin' | 'end';
interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}
const symbols: ReadonlySet<string> = new Set([',', '(', ')', '!', '=', '==', '!=', '>', '<']);

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const [piece] of text.matchAll(/[=!<>]+|[(),]|[^\s=!<>(),]+/g)) {
    if (!/^[=!<>(),]/.test(piece)) tokens.push({ kind: piece === 'in' || piece === 'notin' ? piece : 'identifier', text: piece });
    else if (symbols.has(piece)) tokens.push({ kind: piece as TokenKind, text: piece });
    else throw new SelectorError(`found '${piece}', expected: !, identifier, or 'end of string'`);
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}

/**
 * Reads `app=web,tier in (a,b),!old,weight>3` (apimachinery, labels.Parse).
 * @throws SelectorError
 */
export function parseLabelSelector(text: string): LabelRequirement[] {
  const reader = { tokens: tokensOf(text), at: 0 };
  const requirements: LabelRequirement[] = [];
  if (peek(reader).kind === 'end') return requirements;
  for (;;) {
    requirements.push(checked(readRequirement(reader)));
    const next = take(reader);
    if (next.kind === 'end') return requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    if (next.kind !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or 'end of string'`);
    const after = peek(reader);
    if (!isName(after) && after.kind !== '!') throw new SelectorError(`found '${after.text}', expected: identifier after ','`);
  }
}

interface Reader {
  readonly tokens: readonly Token[];
  at: number;
}
const peek = (reader: Reader): Token => reader.tokens[reader.at] as Token;
function take(reader: Reader): Token {
  const token = peek(reader);
  if (token.kind !== 'end') reader.at += 1;
  return token;
}
/** `in` and `notin` are names too, where a key or a value stands. */
const isName = (token: Token): boolean => token.kind === 'identifier' || token.kind === 'in' || token.kind === 'notin';

function readRequirement(reader: Reader): LabelRequirement {
  const denied = peek(reader).kind === '!';
  if (denied) take(reader);
  const key = take(reader);
  if (!isName(key)) throw unable(`found '${key.text}', expected: identifier`);
  const next = peek(reader);
  if (denied || next.kind === 'end' || next.kind === ',') return { key: key.text, operator: denied ? '!' : 'exists', values: [] };
  const operator = take(reader);
  switch (operator.kind) {
    case 'in':
    case 'notin':
      return { key: key.text, operator: operator.kind, values: readValues(reader) };
    case '=':
    case '==':
      return { key: key.text, operator: 'in', values: [readExact(reader)] };
    case '!=':
      return { key: key.text, operator: 'notin', values: [readExact(reader)] };
    case '>':
      return { key: key.text, operator: 'gt', values: [readExact(reader)] };
    case '<':
      return { key: key.text, operator: 'lt', values: [readExact(reader)] };
    default:
      throw unable(`found '${operator.text}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}
const unable = (why: string): SelectorError => new SelectorError(`unable to parse requirement: ${why}`);

function readExact(reader: Reader): string {
  const token = peek(reader);
  if (token.kind === 'end' || token.kind === ',') return '';
  if (!isName(token)) throw unable(`found '${token.text}', expected: identifier`);
  return take(reader).text;
}

function readValues(reader: Reader): string[] {
  const open = take(reader);
  if (open.kind !== '(') throw unable(`found '${open.text}', expected: '('`);
  const values: string[] = [];
  let pending = '';
  for (;;) {
    const token = take(reader);
    if (isName(token)) {
      pending = token.text;
      if (peek(reader).kind !== ',' && peek(reader).kind !== ')') throw unable(`found '${peek(reader).text}', expected: ',' or ')'`);
    } else if (token.kind === ',' || token.kind === ')') {
      values.push(pending);
      pending = '';
      if (token.kind === ')') return [...new Set(values)];
    } else throw unable(`found '${token.text}', expected: ',', ')' or identifier`);
  }
}

function checked(requirement: LabelRequirement): LabelRequirement {
  const { key, operator, values } = requirement;
  const problem = labelKeyProblem(key);
  if (problem !== undefined) throw unable(`key: Invalid value: ${JSON.stringify(key)}: ${problem}`);
  values.forEach((value, index) => {
    const wrong = labelValueProblem(value);
    if (wrong !== undefined) throw unable(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${wrong}`);
    if ((operator === 'gt' || operator === 'lt') && !isWhole(value)) {
      throw unable(`values[${index}]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`);
    }
  });
  return requirement;
}

/**
 * Reads `spec.nodeName=n1,status.phase!=Running`; a backslash before a comma, an equals sign or itself takes its meaning
 * away (apimachinery, fields.ParseSelector).
 * @throws SelectorError
 */
export function parseFieldSelector(text: string): FieldRequirement[] {
  const requirements: FieldRequirement[] = [];
  for (const term of text.match(/(?:\\.|[^,\\])+/g) ?? []) {
    const match = /^((?:\\.|[^=!\\]|!(?!=))*)(!=|==|=)([^]*)$/.exec(term);
    if (match === null) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
    const [, field = '', operator, value = ''] = match;
    requirements.push({ field, operator: operator === '!=' ? '!=' : '=', value: unescaped(value) });
  }
  return requirements;
}
function unescaped(text: string): string {
  const stray = /(?:^|[^\\])(?:\\\\)*\\(?![\\,=])/.exec(text) ?? /(?:^|[^\\=])(?:\\\\)*(=)/.exec(text);
  if (stray !== null)
    throw new SelectorError(`invalid field selector: invalid value ${JSON.stringify(text)}: escape \\, and = with a backslash`);
  return text.replace(/\\([\\,=])/g, '$1');
}
