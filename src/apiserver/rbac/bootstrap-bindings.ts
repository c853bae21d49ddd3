import { controllerIdentities } from './controller-roles.ts';
import type { BindingShape, Subject } from '../../api/access-rules.ts';

const apiGroup = 'rbac.authorization.k8s.io';
const user = (name: string): Subject => ({ kind: 'User', apiGroup, name });
const group = (name: string): Subject => ({ kind: 'Group', apiGroup, name });
const account = (name: string): Subject => ({ kind: 'ServiceAccount', name, namespace: 'kube-system' });

function clusterBinding(name: string, subjects: readonly Subject[], roleName = name): BindingShape {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: {
      name,
      labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
      annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    },
    subjects,
    roleRef: { apiGroup, kind: 'ClusterRole', name: roleName },
  };
}
function binding(name: string, subjects: readonly Subject[], roleName = name): BindingShape {
  const made = clusterBinding(name, subjects, roleName);
  const roleRef = { apiGroup, kind: 'Role', name: roleName };
  return { ...made, kind: 'RoleBinding', metadata: { ...made.metadata, namespace: 'kube-system' }, roleRef };
}

const authenticated = group('system:authenticated');
const manager = user('system:kube-controller-manager');
const scheduler = user('system:kube-scheduler');

/** Who has the default roles from the start: upstream's subjects, and the users under which our own components call. */
export function bootstrapBindings(): BindingShape[] {
  return [
    clusterBinding('cluster-admin', [group('system:masters')]),
    clusterBinding('steersman', [user('steersman')], 'cluster-admin'),
    clusterBinding('system:basic-user', [authenticated]),
    clusterBinding('system:discovery', [authenticated]),
    clusterBinding('system:public-info-viewer', [authenticated, group('system:unauthenticated')]),
    clusterBinding('system:monitoring', [group('system:monitoring')]),
    clusterBinding('system:kube-controller-manager', [manager]),
    clusterBinding('system:kube-dns', [account('kube-dns')]),
    clusterBinding('system:kube-scheduler', [scheduler]),
    clusterBinding('system:volume-scheduler', [scheduler]),
    clusterBinding('system:node', []),
    clusterBinding('system:node-proxier', [user('system:kube-proxy')]),
    clusterBinding('system:service-account-issuer-discovery', [group('system:serviceaccounts')]),
    binding('system::extension-apiserver-authentication-reader', [manager, scheduler], 'extension-apiserver-authentication-reader'),
    binding('system::leader-locking-kube-controller-manager', [manager, account('kube-controller-manager')]),
    binding('system::leader-locking-kube-scheduler', [scheduler, account('kube-scheduler')]),
    ...controllerIdentities.map((name) => clusterBinding(`system:controller:${name}`, [account(name), user(`system:controller:${name}`)])),
  ];
}
