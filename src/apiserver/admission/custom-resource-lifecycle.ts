import { methodNotAllowed, StatusError } from '../../api/status.ts';
import type { AdmissionPlugin, Attempt } from './index.ts';

/** No object is made of a kind whose definition is going. */
export const customResourceLifecycle: AdmissionPlugin = {
  name: 'CustomResourceLifecycle',
  mutate: (attempt) => (attempt.operation === 'create' && attempt.call.kind.custom ? requireStaying(attempt) : undefined),
};

async function requireStaying({ call }: Attempt): Promise<void> {
  const { kind } = call.kind;
  const definition = await call.server.store.get(`apiextensions.k8s.io/customresourcedefinitions//${kind.plural}.${kind.group}`);
  if (definition?.value().metadata.deletionTimestamp === undefined) return;
  const { code, reason } = methodNotAllowed(kind, 'create');
  throw new StatusError(code, reason, 'create not allowed while custom resource definition is terminating');
}
