import { forbidden, notFound, StatusError } from '../../api/status.ts';
import type { AdmissionPlugin, Attempt } from './index.ts';

const immortal: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);
const namespaces = { group: '', plural: 'namespaces' };

/** Nothing is made in a namespace that is absent or going; the built-in ones stay (kubernetes/apiserver, plugin NamespaceLifecycle). */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  mutate: (attempt) => {
    const { kind } = attempt.call.kind;
    if (attempt.operation === 'delete' && kind.group === '' && kind.plural === 'namespaces')
      return keepImmortal(attempt.object.metadata.name);
    if (attempt.operation !== 'create' || !kind.namespaced) return undefined;
    return requireLiving(attempt);
  },
};

function keepImmortal(name: string): void {
  if (immortal.has(name)) throw forbidden(namespaces, name, 'this namespace may not be deleted');
}

async function requireLiving(attempt: Attempt): Promise<void> {
  const { call, object } = attempt;
  const namespace = object.metadata.namespace ?? '';
  const entry = await call.server.store.get(`core/namespaces//${namespace}`);
  if (entry === undefined) throw notFound(namespaces, namespace);
  if (entry.value().metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const refusal = forbidden(call.kind.kind, object.metadata.name, why);
  const causes = [{ reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' }];
  throw new StatusError(refusal.code, refusal.reason, refusal.message, { ...refusal.details, causes });
}
