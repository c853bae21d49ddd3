import { describe, expect, test } from 'vitest';
import { compileCustom } from '../../src/kinds/definition/object-schema.ts';
import { ruleCheckErrors } from '../../src/kinds/definition/rule-checks.ts';
import { compiledRules } from '../../src/kinds/definition/rule-programs.ts';

type Loose = Record<string, unknown>;
const list = (items: Loose, more: Loose = {}): Loose => ({ type: 'array', items, ...more });
const map = (additionalProperties: Loose, more: Loose = {}): Loose => ({ type: 'object', additionalProperties, ...more });
const costOf = (schema: Loose, rule: string): number => {
  const compiled = compileCustom({ ...schema, 'x-kubernetes-validations': [{ rule }] });
  const program = compiledRules(compiled, false)?.rules[0]?.program;
  if (program === undefined || 'problem' in program) throw new Error(program?.problem ?? 'there is no rule');
  return program.estimatedCost;
};

/** By the arithmetic of cel-go's checker and apiserver's schema types (v1.35): 3 a turn, by the fewest bytes that an item takes of the largest request. */
describe('the estimated cost of a rule', () => {
  test.each<[string, Loose, string, number]>([
    ['numbers without end', list({ type: 'number' }), 'self.all(x, true)', 4718591],
    ['a thousand numbers', list({ type: 'number' }, { maxItems: 1000 }), 'self.all(x, true)', 3002],
    ['texts without end', list({ type: 'string' }), 'self.all(x, true)', 3145727],
    ['truths without end', list({ type: 'boolean' }), 'self.all(x, true)', 1887437],
    ['objects without end', list({ type: 'object', properties: { a: { type: 'string' } } }), 'self.all(x, true)', 3145727],
    ['a map of numbers without end', map({ type: 'integer' }), 'self.all(x, true)', 1348169],
    ['a thousand members', map({ type: 'integer' }, { maxProperties: 1000 }), 'self.all(x, true)', 3002],
    ['a text that begins', { type: 'string', maxLength: 10 }, "self.startsWith('abc')", 2],
    ['a text that holds one', { type: 'string', maxLength: 10 }, "self.contains('abc')", 5],
    ['a text of a pattern', { type: 'string', maxLength: 10 }, "self.matches('^[a-z]+$')", 11],
  ])('%s', (_name, schema, rule, cost) => {
    expect(costOf(schema, rule)).toBe(cost);
  });

  const errorsOf = (schema: Loose): readonly string[] =>
    ruleCheckErrors(compileCustom({ type: 'object', properties: { spec: schema } }), 'schema').map(
      ({ field, detail }) => `${field}: ${detail.slice(0, 60)}`,
    );
  const costly = { 'x-kubernetes-validations': [{ rule: "self.contains('keyword')" }] };
  const cheap = { 'x-kubernetes-validations': [{ rule: 'self > 50 && self < 100' }] };
  test.each<[string, Loose, readonly string[]]>([
    ['is multiplied by how many items there may be', list({ type: 'integer', ...cheap }, { maxItems: 1000 }), []],
    [
      'counts without end where nothing bounds them',
      list({ type: 'string', ...costly }),
      [
        'schema.properties[spec].items.x-kubernetes-validations[0].rule: estimated rule cost exceeds budget by factor of more than 10',
        'schema.properties[spec].items.x-kubernetes-validations[0].rule: contributed to estimated rule & messageExpression cost total',
        'schema: x-kubernetes-validations estimated rule & messageExpression ',
      ],
    ],
    ['fits when all is bounded', map({ type: 'string', maxLength: 2048, ...costly }, { maxProperties: 1000 }), []],
  ])('%s', (_name, schema, wanted) => {
    expect(errorsOf(schema)).toEqual(wanted);
  });
});

describe('a rule that many kinds have', () => {
  const part = (type: string, rule: string) =>
    compileCustom({ type: 'object', properties: { a: { type } }, 'x-kubernetes-validations': [{ rule }] });
  const programOf = (schema: ReturnType<typeof part>, resource = false) => compiledRules(schema, resource)?.rules[0]?.program;

  test('is compiled once for parts that are written the same', () => {
    expect(programOf(part('integer', 'self.a > 0'))).toBe(programOf(part('integer', 'self.a > 0')));
  });

  test('is judged anew where the types are others', () => {
    expect(programOf(part('integer', 'self.a > 1'))).toHaveProperty('estimatedCost');
    expect(programOf(part('string', 'self.a > 1'))).toHaveProperty('problem');
  });

  test('is judged anew for whole objects', () => {
    const schema = () =>
      compileCustom({ type: 'object', properties: { metadata: { type: 'object', properties: { size: { type: 'integer' } } } }, ...sized });
    const sized = { 'x-kubernetes-validations': [{ rule: 'self.metadata.size > 0' }] };
    expect(programOf(schema(), false)).toHaveProperty('estimatedCost');
    expect(programOf(schema(), true)).toHaveProperty('problem');
  });
});
