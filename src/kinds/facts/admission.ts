import {
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../../api/kinds.generated.ts';
import { anyKind } from '../rules.ts';
import type { KindFacts } from './index.ts';

export const admission: readonly KindFacts[] = [
  anyKind<MutatingWebhookConfiguration>({ kind: MutatingWebhookConfiguration, unconditionalUpdate: false }),
  anyKind<ValidatingAdmissionPolicy>({ kind: ValidatingAdmissionPolicy, unconditionalUpdate: false }),
  anyKind<ValidatingAdmissionPolicyBinding>({ kind: ValidatingAdmissionPolicyBinding, unconditionalUpdate: false }),
  anyKind<ValidatingWebhookConfiguration>({ kind: ValidatingWebhookConfiguration, unconditionalUpdate: false }),
];
