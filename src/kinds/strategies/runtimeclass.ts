import { RuntimeClass } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { immutable, invalidEach } from '../field-errors.ts';
import { labelErrors } from '../metadata.ts';
import { dnsLabel } from '../names.ts';
import { tolerationErrors } from '../pod/placement.ts';
import { amountsErrors } from '../pod/resources.ts';
import type { KindRules } from '../rules.ts';

/** As upstream's ValidateRuntimeClass and its update (kubernetes v1.35). */
export const runtimeclass: KindRules<RuntimeClass> = {
  kind: RuntimeClass,
  complete: true,
  generation: 'none',
  validate: ({ handler = '', overhead, scheduling }, old): FieldError[] => {
    if (old !== undefined) return handler === old.handler ? [] : [immutable('handler', handler)];
    const errors = invalidEach('handler', handler, dnsLabel(handler));
    if (overhead !== undefined) errors.push(...amountsErrors(overhead.podFixed ?? {}, 'overhead'));
    errors.push(...labelErrors(scheduling?.nodeSelector, 'scheduling.nodeSelector'));
    return [...errors, ...tolerationErrors(scheduling?.tolerations, 'scheduling.tolerations')];
  },
};
