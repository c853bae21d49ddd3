import type { Pod } from '../../api/kinds.generated.ts';
import type { NamespaceAccounts } from '../quota/namespace-accounts.ts';
import { unsaid, usageOf, type Usage } from '../quota/usage.ts';
import type { AdmissionPlugin, Attempt } from './index.ts';
import { refused } from './refusal.ts';

/** Kinds whose changes can take more of a quota; of all others only new objects count. */
const growing: ReadonlySet<string> = new Set(['/services', '/persistentvolumeclaims']);

/**
 * Holds what a namespace takes under its ResourceQuotas (kubernetes, plugin ResourceQuota). Check and reservation are one step; the status
 * of the quotas is written before the object is, and what is not stored after all is given back. A dry run only asks.
 */
export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  validate: (attempt) => {
    const accounts = attempt.call.server.quotas.accountsOf(attempt.object.metadata.namespace ?? '');
    return accounts === undefined || !takes(attempt) ? undefined : charge(attempt, accounts);
  },
};

function takes({ call, operation, subresource }: Attempt): boolean {
  const { group, plural } = call.kind.kind;
  if (plural === 'events' && (group === '' || group === 'events.k8s.io')) return false;
  if (operation === 'create') return subresource === '';
  if (operation !== 'update') return false;
  return subresource === '' ? growing.has(`${group}/${plural}`) : subresource === 'resize' && group === '' && plural === 'pods';
}

async function charge(attempt: Attempt, accounts: NamespaceAccounts): Promise<void> {
  const { call, object, dryRun, undo, stored } = attempt;
  const { hub } = call.server;
  const usage = usageOf(call.kind.kind, object);
  await accounts.ready;
  requireSaid(attempt, accounts, usage);
  const uid = object.metadata.uid ?? '';
  for (const account of accounts.accounts()) {
    const why = account.refusal(uid, account.share([usage]));
    if (why !== undefined) throw refused(attempt, why);
  }
  if (dryRun) return;
  const release = accounts.reserve(uid, usage);
  undo.push(release);
  // Until the change itself has come to the accounts, the reservation stands for it.
  stored.push((revision) => void hub.reached(revision).then(release));
  await accounts.published();
}

/** A quota of processor time or memory wants every container to say how much it needs. */
function requireSaid(attempt: Attempt, accounts: NamespaceAccounts, usage: Usage): void {
  const { kind } = attempt.call.kind;
  const spec = kind.group === '' && kind.plural === 'pods' ? (attempt.object as Pod).spec : undefined;
  if (spec === undefined) return;
  for (const account of accounts.accounts()) {
    const why = account.matches(usage.scopes) ? unsaid(spec, account.hard) : undefined;
    if (why !== undefined) throw refused(attempt, `failed quota: ${account.quota.metadata.name}: ${why}`);
  }
}
