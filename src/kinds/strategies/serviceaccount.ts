import { ServiceAccount, type ObjectReference } from '../../api/kinds.generated.ts';
import { ageCell } from '../cells.ts';
import type { KindRules } from '../rules.ts';

const mountableAnnotation = 'kubernetes.io/enforce-mountable-secrets';
const mountableWarning = `metadata.annotations[${mountableAnnotation}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`;

export const serviceaccount: KindRules<ServiceAccount> = {
  kind: ServiceAccount,
  complete: true,
  generation: 'none',
  prepare: ({ secrets = [] }) => {
    for (const secret of secrets) keepName(secret);
  },
  warnings: (object, old) => (asksForMountable(object) && (old === undefined || !asksForMountable(old)) ? [mountableWarning] : []),
  cells: ({ metadata, secrets = [] }, now) => [metadata.name, secrets.length, ageCell(metadata.creationTimestamp, now)],
};

// A secret of an account is one of its namespace: nothing but its name is kept. What is no text is left for the schema to refuse.
function keepName(secret: ObjectReference): void {
  for (const key of Object.keys(secret) as (keyof ObjectReference)[]) {
    if (key !== 'name' && typeof secret[key] === 'string') delete secret[key];
  }
}

function asksForMountable({ metadata }: ServiceAccount): boolean {
  return metadata.annotations?.[mountableAnnotation] !== undefined;
}
