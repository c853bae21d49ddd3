import { ReplicationController } from '../api/kinds.generated.ts';
import { keepReplicas } from './replicaset/keep-replicas.ts';

/** Keeps as many pods as each ReplicationController wants: a ReplicaSet in all but its selector, which is a plain map of labels. */
export const replicationcontroller = keepReplicas({
  name: 'replicationcontroller',
  identity: 'replication-controller',
  kind: ReplicationController,
  selectorOf: ({ spec }) => (spec.selector === undefined ? undefined : { matchLabels: spec.selector }),
});
