import { FlowSchema, type FlowSchemaSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { flowConditionErrors } from '../flow/conditions.ts';
import { flowRuleErrors } from '../flow/rules.ts';
import { dnsSubdomain } from '../names.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';

const distinguishers = ['ByNamespace', 'ByUser'];
const highestPrecedence = 10_000;

export const flowschema: KindRules<FlowSchema> = {
  kind: FlowSchema,
  complete: true,
  defaults: (object) => {
    (object.spec as Partial<FlowSchemaSpec> | undefined) ??= {};
    object.spec.matchingPrecedence ||= 1000;
  },
  validate: ({ metadata, spec, status }) => [...specErrors(spec, metadata.name), ...flowConditionErrors(status?.conditions ?? [])],
};

function specErrors(spec: Sent<FlowSchemaSpec>, name: string): FieldError[] {
  const at = 'spec.matchingPrecedence';
  const { matchingPrecedence: precedence = 0, distinguisherMethod, priorityLevelConfiguration: level } = spec;
  const errors: FieldError[] = [];
  if (precedence <= 0) errors.push(invalidValue(at, precedence, 'must be a positive value'));
  if (precedence > highestPrecedence) errors.push(invalidValue(at, precedence, `must not be greater than ${highestPrecedence}`));
  if (precedence === 1 && name !== 'exempt') {
    errors.push(invalidValue(at, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  }
  if (distinguisherMethod !== undefined && !distinguishers.includes(distinguisherMethod.type ?? '')) {
    errors.push(notSupported('spec.distinguisherMethod.type', { Type: distinguisherMethod.type ?? '' }, distinguishers));
  }
  const levelAt = 'spec.priorityLevelConfiguration.name';
  const levelName = level?.name ?? '';
  errors.push(
    ...(levelName === ''
      ? [required(levelAt, 'must reference a priority level')]
      : invalidEach(levelAt, levelName, dnsSubdomain(levelName))),
  );
  return [...errors, ...(spec.rules ?? []).flatMap((rule, index) => flowRuleErrors(rule, `spec.rules[${index}]`))];
}
