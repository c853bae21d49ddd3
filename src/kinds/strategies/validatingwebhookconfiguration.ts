import { ValidatingWebhookConfiguration } from '../../api/kinds.generated.ts';
import { ageCell } from '../cells.ts';
import type { KindRules } from '../rules.ts';
import { defaultWebhook, webhooksErrors } from '../webhooks/webhook.ts';

export const validatingwebhookconfiguration: KindRules<ValidatingWebhookConfiguration> = {
  kind: ValidatingWebhookConfiguration,
  complete: true,
  generation: 'spec',
  defaults: ({ webhooks = [] }) => webhooks.forEach(defaultWebhook),
  validate: (object, old) => webhooksErrors(object.webhooks ?? [], old === undefined ? undefined : (old.webhooks ?? [])),
  cells: ({ metadata, webhooks = [] }, now) => [metadata.name, webhooks.length, ageCell(metadata.creationTimestamp, now)],
};
