import {
  PriorityLevelConfiguration,
  type ExemptPriorityLevelConfiguration,
  type LimitedPriorityLevelConfiguration,
  type PriorityLevelConfigurationSpec,
  type QueuingConfiguration,
} from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidValue, notSupported, required } from '../field-errors.ts';
import { flowConditionErrors } from '../flow/conditions.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';

const responses = ['Queue', 'Reject'];
const mostQueues = 10_000_000;
const hashBits = 60;

export const prioritylevelconfiguration: KindRules<PriorityLevelConfiguration> = {
  kind: PriorityLevelConfiguration,
  complete: true,
  defaults: ({ spec }) => {
    if (spec?.limited !== undefined) defaultLimited(spec.limited);
    if (spec?.exempt !== undefined) {
      spec.exempt.nominalConcurrencyShares ??= 0;
      spec.exempt.lendablePercent ??= 0;
    }
  },
  validate: ({ metadata, spec, status }) => [...specErrors(spec ?? {}, metadata.name), ...flowConditionErrors(status?.conditions ?? [])],
};

function defaultLimited(limited: LimitedPriorityLevelConfiguration): void {
  limited.nominalConcurrencyShares ??= 30;
  limited.lendablePercent ??= 0;
  const queuing = limited.limitResponse?.queuing;
  if (queuing === undefined) return;
  queuing.handSize ||= 8;
  queuing.queues ||= 64;
  queuing.queueLengthLimit ||= 50;
}

function specErrors(spec: Sent<PriorityLevelConfigurationSpec>, name: string): FieldError[] {
  const { type = '', limited, exempt } = spec;
  const errors: FieldError[] = [];
  if ((name === 'exempt') !== (type === 'Exempt')) {
    errors.push(invalidValue('spec.type', type, "type must be 'Exempt' if and only if name is 'exempt'"));
  }
  if (type === 'Exempt') {
    if (limited !== undefined) errors.push(fieldForbidden('spec.limited', 'must be nil if the type is not Limited'));
    return exempt === undefined ? errors : [...errors, ...shareErrors(exempt, 'spec.exempt')];
  }
  if (type !== 'Limited') return [...errors, notSupported('spec.type', type, ['Exempt', 'Limited'])];
  if (exempt !== undefined) errors.push(fieldForbidden('spec.exempt', 'must be nil if the type is Limited'));
  if (limited === undefined) return [...errors, required('spec.limited', 'must not be empty when type is Limited')];
  return [...errors, ...limitedErrors(limited)];
}
function shareErrors(
  { nominalConcurrencyShares: shares = 0, lendablePercent: percent = 0 }: Sent<ExemptPriorityLevelConfiguration>,
  at: string,
) {
  const errors = shares < 0 ? [invalidValue(`${at}.nominalConcurrencyShares`, shares, 'must be a non-negative integer')] : [];
  if (percent >= 0 && percent <= 100) return errors;
  return [...errors, invalidValue(`${at}.lendablePercent`, percent, 'must be between 0 and 100, inclusive')];
}
function limitedErrors(limited: Sent<LimitedPriorityLevelConfiguration>): FieldError[] {
  const at = 'spec.limited';
  const errors = shareErrors(limited, at);
  const { borrowingLimitPercent: borrowing = 0, limitResponse = {} } = limited;
  if (borrowing < 0) errors.push(invalidValue(`${at}.borrowingLimitPercent`, borrowing, 'if specified, must be a non-negative integer'));
  const { type = '', queuing } = limitResponse;
  const here = `${at}.limitResponse`;
  if (!responses.includes(type)) return [...errors, notSupported(`${here}.type`, type, responses)];
  if (type === 'Reject') {
    if (queuing === undefined) return errors;
    return [...errors, fieldForbidden(`${here}.queuing`, 'must be nil if limited.limitResponse.type is not Limited')];
  }
  if (queuing === undefined) return [...errors, required(`${here}.queuing`, 'must not be empty if limited.limitResponse.type is Limited')];
  return [...errors, ...queuingErrors(queuing, `${here}.queuing`)];
}
function queuingErrors({ queueLengthLimit: limit = 0, queues = 0, handSize = 0 }: Sent<QueuingConfiguration>, at: string): FieldError[] {
  const errors = limit <= 0 ? [invalidValue(`${at}.queueLengthLimit`, limit, 'must be positive')] : [];
  if (queues <= 0) errors.push(invalidValue(`${at}.queues`, queues, 'must be positive'));
  else if (queues > mostQueues) errors.push(invalidValue(`${at}.queues`, queues, `must not be greater than ${mostQueues}`));
  if (handSize <= 0) return [...errors, invalidValue(`${at}.handSize`, handSize, 'must be positive')];
  if (handSize > queues) return [...errors, invalidValue(`${at}.handSize`, handSize, `should not be greater than queues (${queues})`)];
  if (entropyBits(queues, handSize) <= hashBits) return errors;
  const text = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${hashBits}`;
  return [...errors, invalidValue(`${at}.handSize`, handSize, text)];
}
/** How many bits it takes to choose a hand of a deck (shufflesharding.RequiredEntropyBits). */
function entropyBits(deck: number, hand: number): number {
  return Math.ceil(Math.log2(deck) * hand);
}
