import { MutatingWebhookConfiguration } from '../../api/kinds.generated.ts';
import { ageCell } from '../cells.ts';
import type { KindRules } from '../rules.ts';
import { defaultWebhook, webhooksErrors } from '../webhooks/webhook.ts';

export const mutatingwebhookconfiguration: KindRules<MutatingWebhookConfiguration> = {
  kind: MutatingWebhookConfiguration,
  complete: true,
  generation: 'spec',
  defaults: ({ webhooks = [] }) => {
    for (const webhook of webhooks) {
      defaultWebhook(webhook);
      webhook.reinvocationPolicy ??= 'Never';
    }
  },
  validate: (object, old) => webhooksErrors(object.webhooks ?? [], old === undefined ? undefined : (old.webhooks ?? [])),
  cells: ({ metadata, webhooks = [] }, now) => [metadata.name, webhooks.length, ageCell(metadata.creationTimestamp, now)],
};
