import type { MutatingWebhook } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { fullyQualifiedNameErrors } from '../domain-names.ts';
import { duplicate, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { dnsServiceLabel } from '../names.ts';
import { labelSelectorErrors } from '../pod/selectors.ts';
import type { Sent } from '../sent.ts';
import { clientErrors } from './client.ts';
import { conditionErrors } from './expressions.ts';
import { ruleErrors } from './matching.ts';

/** A webhook of either sort: only those that change objects have a reinvocationPolicy. */
export type Webhook = Sent<MutatingWebhook>;
export const failurePolicies = ['Fail', 'Ignore'];
export const matchPolicies = ['Equivalent', 'Exact'];
const sideEffects = ['None', 'NoneOnDryRun'];
const anySideEffects = ['None', 'NoneOnDryRun', 'Some', 'Unknown'];
const reinvocationPolicies = ['IfNeeded', 'Never'];
const reviewVersions = ['v1', 'v1beta1'];

/** Fields that may be left out (kubernetes v1.35, admissionregistration SetDefaults). */
export function defaultWebhook(webhook: MutatingWebhook): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  for (const rule of webhook.rules ?? []) rule.scope ??= '*';
  const service = (webhook.clientConfig as MutatingWebhook['clientConfig'] | undefined)?.service;
  if (service !== undefined) service.port ??= 443;
}

/** What is wrong with the webhooks of a configuration (validateMutatingWebhookConfiguration). What was wrong before may stay so. */
export function webhooksErrors(webhooks: readonly Webhook[], old: readonly Webhook[] | undefined): FieldError[] {
  const leeway = leewayOf(webhooks, old);
  const names = new Set<string>();
  return webhooks.flatMap((webhook, index) => {
    const at = `webhooks[${index}]`;
    const { name = '' } = webhook;
    const errors = [...webhookErrors(webhook, at, leeway), ...versionErrors(webhook.admissionReviewVersions ?? [], at, leeway)];
    if (name !== '' && names.has(name) && !leeway.names) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    return errors;
  });
}

interface Leeway {
  readonly sideEffects: boolean;
  readonly versions: boolean;
  readonly names: boolean;
  readonly conditions: boolean;
}
function leewayOf(webhooks: readonly Webhook[], old: readonly Webhook[] | undefined): Leeway {
  if (old === undefined) return { sideEffects: false, versions: false, names: false, conditions: false };
  const known = ({ admissionReviewVersions: list = [] }: Webhook): boolean =>
    list.length === 0 || list.some((one) => reviewVersions.includes(one));
  return {
    sideEffects: !old.every((one) => sideEffects.includes(one.sideEffects ?? '')),
    versions: !old.every(known),
    names: new Set(old.map(({ name }) => name)).size < old.length,
    conditions: jsonEqual(
      webhooks.map((one) => one.matchConditions ?? []),
      old.map((one) => one.matchConditions ?? []),
    ),
  };
}

function webhookErrors(webhook: Webhook, at: string, leeway: Leeway): FieldError[] {
  const errors = fullyQualifiedNameErrors(`${at}.name`, webhook.name ?? '');
  errors.push(...(webhook.rules ?? []).flatMap((rule, index) => ruleErrors(rule, `${at}.rules[${index}]`)));
  errors.push(
    ...choice(`${at}.failurePolicy`, webhook.failurePolicy, failurePolicies),
    ...choice(`${at}.matchPolicy`, webhook.matchPolicy, matchPolicies),
  );
  const allowed = leeway.sideEffects ? anySideEffects : sideEffects;
  if (webhook.sideEffects === undefined) errors.push(required(`${at}.sideEffects`, `must specify one of ${allowed.join(', ')}`));
  errors.push(...choice(`${at}.sideEffects`, webhook.sideEffects, allowed));
  const seconds = webhook.timeoutSeconds;
  if (seconds !== undefined && (seconds > 30 || seconds < 1)) {
    errors.push(invalidValue(`${at}.timeoutSeconds`, seconds, 'the timeout value must be between 1 and 30 seconds'));
  }
  errors.push(...labelSelectorErrors(webhook.namespaceSelector as never, `${at}.namespaceSelector`));
  errors.push(...labelSelectorErrors(webhook.objectSelector as never, `${at}.objectSelector`));
  errors.push(...choice(`${at}.reinvocationPolicy`, webhook.reinvocationPolicy, reinvocationPolicies));
  errors.push(...clientErrors(webhook.clientConfig ?? {}, `${at}.clientConfig`));
  return leeway.conditions ? errors : [...errors, ...conditionErrors(webhook.matchConditions ?? [], `${at}.matchConditions`, false)];
}
/** One of a few texts, which may be left out. */
export function choice(field: string, value: string | undefined, choices: readonly string[]): FieldError[] {
  return value === undefined || choices.includes(value) ? [] : [notSupported(field, value, choices)];
}

function versionErrors(versions: readonly string[], webhookAt: string, leeway: Leeway): FieldError[] {
  const at = `${webhookAt}.admissionReviewVersions`;
  if (versions.length === 0) return [required(at, `must specify one of ${reviewVersions.join(', ')}`)];
  const errors = versions.flatMap((version, index) => {
    if (versions.indexOf(version) < index) return [invalidValue(`${at}[${index}]`, version, 'duplicate version')];
    return invalidEach(`${at}[${index}]`, version, dnsServiceLabel(version));
  });
  if (leeway.versions || versions.some((version) => reviewVersions.includes(version))) return errors;
  return [...errors, invalidValue(at, versions, `must include at least one of ${reviewVersions.join(', ')}`)];
}
