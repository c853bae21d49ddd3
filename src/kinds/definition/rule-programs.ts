import { createLibrary, type Library } from '../../cel/library.ts';
import { compileProgram, type Program } from '../../cel/program.ts';
import { declare, largestRequest } from '../../cel/schema-type.ts';
import { optionalOf, type CelType } from '../../cel/type.ts';
import type { Schema } from '../../schema/schema.ts';
import { formats } from '../../schema/formats.ts';
import { dnsLabel, dnsServiceLabel, dnsSubdomain, labelValue, qualifiedName, type NameRule } from '../names.ts';
import { rulesOf, type Rule } from './rule-texts.ts';

/** A rule of a schema with its programs, or why there are none. */
export interface CompiledRule {
  readonly rule: Rule;
  readonly program: Program | { readonly problem: string };
  readonly message: Program | { readonly problem: string } | undefined;
  /** Whether the rule looks at the value that was there before. */
  readonly usesOldSelf: boolean;
}
/** The rules of one schema. `mostTimes`: how often they can run for one object, when no bound of a list or map says so. */
export interface CompiledRules {
  readonly rules: readonly CompiledRule[];
  readonly mostTimes: number;
}

let library: Library | undefined;
/** A name that ends where another one goes on. */
const prefix =
  (rule: NameRule): NameRule =>
  (text) =>
    rule(text.replace(/-$/, 'a'));
const formatRule =
  (name: string, article: string): NameRule =>
  (text) => {
    const format = formats[name];
    const validate = typeof format === 'object' && 'validate' in format ? format.validate : format;
    const right =
      validate instanceof RegExp
        ? validate.test(text)
        : typeof validate === 'function'
          ? (validate as (value: string) => boolean)(text)
          : true;
    return right ? [] : [`invalid ${article}`];
  };
function rulesLibrary(): Library {
  return (library ??= createLibrary({
    dns1123Label: dnsLabel,
    dns1123Subdomain: dnsSubdomain,
    dns1035Label: dnsServiceLabel,
    qualifiedName,
    dns1123LabelPrefix: prefix(dnsLabel),
    dns1123SubdomainPrefix: prefix(dnsSubdomain),
    dns1035LabelPrefix: prefix(dnsServiceLabel),
    labelValue,
    uri: formatRule('uri', 'URI'),
    uuid: formatRule('uuid', 'UUID'),
    byte: formatRule('byte', 'base64'),
    date: formatRule('date', 'date'),
    datetime: formatRule('date-time', 'datetime'),
  }));
}

const compiled = new WeakMap<Schema, Map<boolean, CompiledRules>>();

/** The rules of a schema, compiled at first use; undefined when it has none or rules cannot see its values. */
export function compiledRules(schema: Schema, resource: boolean): CompiledRules | undefined {
  const rules = rulesOf(schema.source);
  if (rules.length === 0) return undefined;
  const known = compiled.get(schema)?.get(resource);
  if (known !== undefined) return known;
  const text = sharedText(schema, resource);
  const made = byText.get(text) ?? compileRules(schema, rules, resource);
  if (made === undefined) return undefined;
  if (text !== '') keep(text, made);
  const byResource = compiled.get(schema) ?? new Map<boolean, CompiledRules>();
  compiled.set(schema, byResource.set(resource, made));
  return made;
}

/** What parts of many kinds have in common is compiled once: by the text of the schema, which says all types that its rules see. */
const byText = new Map<string, CompiledRules>();
const kept = 500;
const longestKept = 8192;
function keep(text: string, rules: CompiledRules): void {
  if (byText.size >= kept && !byText.has(text)) byText.clear();
  byText.set(text, rules);
}
/** '' for what is not shared: a schema that is long, or not all there. */
function sharedText(schema: Schema, resource: boolean): string {
  if (schema.custom !== true) return '';
  const text = `${resource} ${JSON.stringify(schema.source)}`;
  return text.length > longestKept || text.includes('"$ref"') ? '' : text;
}

function compileRules(schema: Schema, rules: readonly Rule[], resource: boolean): CompiledRules | undefined {
  const declared = declare(schema, 'object', resource);
  if (declared === undefined) return undefined;
  return {
    rules: rules.map((rule) => compileRule(rule, declared.type)),
    mostTimes: Math.floor(largestRequest / (declared.fewestBytes + 1)),
  };
}

function compileRule(rule: Rule, self: CelType): CompiledRule {
  const oldSelf = rule.optionalOldSelf === true ? optionalOf(self) : self;
  const variables = new Map([
    ['self', self],
    ['oldSelf', oldSelf],
  ]);
  const options = { variables, library: rulesLibrary() };
  const program = compileProgram(rule.rule, { ...options, result: 'bool' });
  const message = rule.messageExpression?.trim() ? compileMessage(rule.messageExpression, options) : undefined;
  return { rule, program, message, usesOldSelf: 'run' in program && program.uses('oldSelf') };
}
function compileMessage(text: string, options: { variables: ReadonlyMap<string, CelType>; library: Library }): CompiledRule['message'] {
  const program = compileProgram(text, { ...options, result: 'string' });
  if ('problem' in program) {
    return {
      problem: program.problem.startsWith('compilation')
        ? `messageExpression ${program.problem}`
        : 'messageExpression must evaluate to a string',
    };
  }
  return program;
}
