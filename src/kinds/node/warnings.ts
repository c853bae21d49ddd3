import type { Node } from '../../api/kinds.generated.ts';
import { rangeWarnings } from '../ip.ts';

/** What people are told of a Node that is taken all the same (kubernetes v1.35, node strategy, fieldIsDeprecatedWarnings). */
export function nodeWarnings({ spec }: Node): string[] {
  const warnings: string[] = [];
  if (spec.configSource !== undefined) warnings.push('spec.configSource: the feature is removed');
  if (spec.externalID) warnings.push('spec.externalID: this field is deprecated, and is unused by Kubernetes');
  return [...warnings, ...(spec.podCIDRs ?? []).flatMap((range, index) => rangeWarnings(`spec.podCIDRs[${index}]`, range))];
}
