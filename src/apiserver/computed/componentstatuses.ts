import { ComponentStatus } from '../../api/kinds.generated.ts';
import { apiVersionOf, type KubeObject } from '../../api/object.ts';
import { notFound } from '../../api/status.ts';
import type { Entry } from '../../store/store.ts';
import { entryAnswer, listAnswer } from '../forms.ts';
import { madeEntry } from '../made-entry.ts';
import type { ComputedKind } from './index.ts';

/**
 * The store, under the name that it has in Kubernetes. That it answers shows that it is healthy; the scheduler and the
 * controllers are clients, of which this server knows nothing.
 */
const parts: readonly Entry<KubeObject>[] = [healthy('etcd-0')];

export const componentstatuses: ComputedKind = {
  group: '',
  name: 'componentstatuses',
  handle: async (call) => {
    const { name } = call.info;
    // Asking it is the check.
    await call.server.store.get('health');
    if (name === '') return listAnswer(call, { entries: parts, metadata: {} });
    const part = parts.find(({ key }) => key === name);
    if (part === undefined) throw notFound(call.kind.kind, name);
    return entryAnswer(call, part);
  },
};

function healthy(name: string): Entry<KubeObject> {
  const conditions = [{ type: 'Healthy', status: 'True', message: 'ok' }];
  const value = { kind: ComponentStatus.kind, apiVersion: apiVersionOf(ComponentStatus), metadata: { name }, conditions };
  return madeEntry({ key: name, labels: {}, created: 0, revision: 0 }, value);
}
