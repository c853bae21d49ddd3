import type { MatchCondition } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { createLibrary, type Library } from '../../cel/library.ts';
import { parse } from '../../cel/parse.ts';
import { issuesText } from '../../cel/expression.ts';
import { compileProgram } from '../../cel/program.ts';
import { dynType, type CelType } from '../../cel/type.ts';
import { duplicate, invalidEach, invalidValue, required, tooMany } from '../field-errors.ts';
import { qualifiedName } from '../names.ts';
import type { Sent } from '../sent.ts';

const mostConditions = 64;
/** What expressions of admission may name. */
const names = ['object', 'oldObject', 'request', 'namespaceObject', 'authorizer', 'variables'];
let library: Library | undefined;

/**
 * What is wrong with a CEL expression of a webhook or policy. Objects are of any type here; what asks the authorizer is only parsed,
 * since its functions are not declared.
 */
export function expressionErrors(
  field: string,
  text: string,
  rules: { readonly params: boolean; readonly result: CelType['kind'] },
): FieldError[] {
  if (/\bauthorizer\b/.test(text)) {
    const parsed = parse(text);
    return 'issue' in parsed ? [invalidValue(field, text, `compilation failed: ${issuesText(text, [parsed.issue])}`)] : [];
  }
  const variables = new Map([...names, ...(rules.params ? ['params'] : [])].map((name) => [name, dynType] as const));
  const program = compileProgram(text, { variables, library: (library ??= createLibrary()), result: rules.result });
  if (!('problem' in program)) return [];
  const wrongType = program.problem.includes('must evaluate to');
  return [invalidValue(field, text, wrongType ? `must evaluate to ${rules.result}` : program.problem)];
}

/** What is wrong with conditions under which a webhook or policy looks at a write (kubernetes v1.35, validateMatchConditions). */
export function conditionErrors(conditions: readonly Sent<MatchCondition>[], at: string, params: boolean): FieldError[] {
  const errors = conditions.length > mostConditions ? [tooMany(at, conditions.length, mostConditions)] : [];
  const seen = new Set<string>();
  for (const [index, { name = '', expression = '' }] of conditions.entries()) {
    const here = `${at}[${index}]`;
    const text = expression.trim();
    errors.push(
      ...(text === '' ? [required(`${here}.expression`)] : expressionErrors(`${here}.expression`, text, { params, result: 'bool' })),
    );
    errors.push(...(name === '' ? [required(`${here}.name`)] : invalidEach(`${here}.name`, name, qualifiedName(name))));
    if (name !== '' && seen.has(name)) errors.push(duplicate(`${here}.name`, name));
    seen.add(name);
  }
  return errors;
}
