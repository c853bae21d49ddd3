import { ReplicaSet } from '../api/kinds.generated.ts';
import { keepReplicas } from './replicaset/keep-replicas.ts';

/** Keeps as many pods as each ReplicaSet wants. */
export const replicaset = keepReplicas({
  name: 'replicaset',
  kind: ReplicaSet,
  countsTerminating: true,
  selectorOf: (set) => set.spec.selector,
});
