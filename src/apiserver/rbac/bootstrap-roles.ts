import { ofControllers } from './controller-roles.ts';
import { events, may, mayGet, read } from './rule-words.ts';
import type { PolicyRule, RoleShape } from '../../api/access-rules.ts';

/** The roles that every cluster has, with upstream's names and reach (kubernetes v1.35, plugin/pkg/auth/authorizer/rbac/bootstrappolicy). */

const change = 'create delete deletecollection patch update';
const manage = 'create delete deletecollection get list patch update watch';

const everything: readonly PolicyRule[] = [may('*', '*', '*'), { nonResourceURLs: ['*'], verbs: ['*'] }];

const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };

function clusterRole(name: string, rules: readonly PolicyRule[], aggregatedTo?: string): RoleShape {
  const more = aggregatedTo === undefined ? {} : { [`rbac.authorization.k8s.io/aggregate-to-${aggregatedTo}`]: 'true' };
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels: { ...labels, ...more }, annotations },
    rules,
  };
}
function gathered(name: string, aggregatedTo?: string): RoleShape {
  const matchLabels = { [`rbac.authorization.k8s.io/aggregate-to-${name}`]: 'true' };
  return { ...clusterRole(name, [], aggregatedTo), aggregationRule: { clusterRoleSelectors: [{ matchLabels }] } };
}
function role(namespace: string, name: string, rules: readonly PolicyRule[]): RoleShape {
  const made = clusterRole(name, rules);
  return { ...made, kind: 'Role', metadata: { ...made.metadata, namespace } };
}

const forUsers: readonly RoleShape[] = [
  clusterRole('cluster-admin', everything),
  gathered('admin'),
  gathered('edit', 'admin'),
  gathered('view', 'edit'),
  clusterRole(
    'system:aggregate-to-admin',
    [may('create', 'authorization.k8s.io', 'localsubjectaccessreviews'), may(manage, 'rbac.authorization.k8s.io', 'rolebindings roles')],
    'admin',
  ),
  clusterRole(
    'system:aggregate-to-edit',
    [
      may(read, 'core', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
      may('impersonate', 'core', 'serviceaccounts'),
      may(change, 'core', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
      may('create', 'core', 'pods/eviction'),
      may(
        change,
        'core',
        'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
      ),
      may('create', 'core', 'serviceaccounts/token'),
      may(
        change,
        'apps',
        'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
      ),
      may(change, 'autoscaling', 'horizontalpodautoscalers'),
      may(change, 'batch', 'cronjobs jobs'),
      may(
        change,
        'extensions',
        'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
      ),
      may(change, 'policy', 'poddisruptionbudgets'),
      may(change, 'networking.k8s.io', 'ingresses networkpolicies'),
      may(manage, 'coordination.k8s.io', 'leases'),
    ],
    'edit',
  ),
  clusterRole(
    'system:aggregate-to-view',
    [
      may(
        read,
        'core',
        'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
      ),
      may(
        read,
        'core',
        'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
      ),
      may(read, 'core', 'namespaces'),
      may(read, 'discovery.k8s.io', 'endpointslices'),
      may(
        read,
        'apps',
        'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
      ),
      may(read, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
      may(read, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
      may(
        read,
        'extensions',
        'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
      ),
      may(read, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
      may(read, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
    ],
    'view',
  ),
  clusterRole('system:discovery', [mayGet('/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/')]),
  clusterRole('system:basic-user', [
    may('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
    may('create', 'authentication.k8s.io', 'selfsubjectreviews'),
  ]),
  clusterRole('system:public-info-viewer', [mayGet('/healthz /livez /readyz /version /version/')]),
  clusterRole('system:monitoring', [mayGet('/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*')]),
  clusterRole('system:auth-delegator', [
    may('create', 'authentication.k8s.io', 'tokenreviews'),
    may('create', 'authorization.k8s.io', 'subjectaccessreviews'),
  ]),
  clusterRole('system:service-account-issuer-discovery', [mayGet('/.well-known/openid-configuration /openid/v1/jwks')]),
  clusterRole('system:certificates.k8s.io:certificatesigningrequests:nodeclient', [
    may('create', 'certificates.k8s.io', 'certificatesigningrequests/nodeclient'),
  ]),
  clusterRole('system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', [
    may('create', 'certificates.k8s.io', 'certificatesigningrequests/selfnodeclient'),
  ]),
  ...[
    ['kube-apiserver-client', 'kubernetes.io/kube-apiserver-client'],
    ['kube-apiserver-client-kubelet', 'kubernetes.io/kube-apiserver-client-kubelet'],
    ['kubelet-serving', 'kubernetes.io/kubelet-serving'],
    ['legacy-unknown', 'kubernetes.io/legacy-unknown'],
  ].map(([name = '', signer = '']) =>
    clusterRole(`system:certificates.k8s.io:${name}-approver`, [may('approve', 'certificates.k8s.io', 'signers', signer)]),
  ),
];

/** What a node agent may do; some of it only for its own objects, which the node authorizer knows. */
export const nodeRules: readonly PolicyRule[] = [
  may('create', 'authentication.k8s.io', 'tokenreviews'),
  may('create', 'authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews'),
  may(read, 'core', 'services'),
  may('create get list watch', 'core', 'nodes'),
  may('patch update', 'core', 'nodes/status'),
  may('patch update', 'core', 'nodes'),
  may('create patch update', 'core', 'events'),
  may(read, 'core', 'pods'),
  may('create delete', 'core', 'pods'),
  may('patch update', 'core', 'pods/status'),
  may('create', 'core', 'pods/eviction'),
  may(read, 'core', 'configmaps secrets'),
  may('get', 'core', 'persistentvolumeclaims persistentvolumes'),
  may('get', 'core', 'endpoints'),
  may('create get list watch', 'certificates.k8s.io', 'certificatesigningrequests'),
  may('create delete get patch update', 'coordination.k8s.io', 'leases'),
  may('get', 'storage.k8s.io', 'volumeattachments'),
  may('create', 'core', 'serviceaccounts/token'),
  may('get patch update', 'core', 'persistentvolumeclaims/status'),
  may(read, 'storage.k8s.io', 'csidrivers'),
  may('create delete get patch update', 'storage.k8s.io', 'csinodes'),
  may(read, 'node.k8s.io', 'runtimeclasses'),
];

const forComponents: readonly RoleShape[] = [
  clusterRole('system:heapster', [may(read, 'core', 'events namespaces nodes pods'), may(read, 'extensions', 'deployments')]),
  clusterRole('system:kube-aggregator', [may(read, 'core', 'endpoints services')]),
  clusterRole('system:kube-dns', [may('list watch', 'core', 'endpoints services')]),
  clusterRole('system:kube-controller-manager', [
    events,
    may('create', 'coordination.k8s.io', 'leases'),
    may('get update', 'coordination.k8s.io', 'leases', 'kube-controller-manager'),
    may('create', 'core', 'secrets serviceaccounts'),
    may('delete', 'core', 'secrets'),
    may('get', 'core', 'configmaps namespaces secrets serviceaccounts'),
    may('update', 'core', 'secrets serviceaccounts'),
    may('create', 'authentication.k8s.io', 'tokenreviews'),
    may('create', 'authorization.k8s.io', 'subjectaccessreviews'),
    may('list watch', '*', '*'),
    may('create', 'core', 'serviceaccounts/token'),
  ]),
  clusterRole('system:kube-scheduler', [
    events,
    may('create', 'coordination.k8s.io', 'leases'),
    may('get update', 'coordination.k8s.io', 'leases', 'kube-scheduler'),
    may(read, 'core', 'nodes'),
    may(`delete ${read}`, 'core', 'pods'),
    may('create', 'core', 'bindings pods/binding'),
    may('patch update', 'core', 'pods/status'),
    may(read, 'core', 'replicationcontrollers services'),
    may(read, 'apps extensions', 'replicasets'),
    may(read, 'apps', 'statefulsets'),
    may(read, 'policy', 'poddisruptionbudgets'),
    may(read, 'core', 'persistentvolumeclaims persistentvolumes'),
    may('create', 'authentication.k8s.io', 'tokenreviews'),
    may('create', 'authorization.k8s.io', 'subjectaccessreviews'),
    may(read, 'storage.k8s.io', 'csinodes'),
    may(read, 'core', 'namespaces'),
    may(read, 'storage.k8s.io', 'csidrivers'),
    may(read, 'storage.k8s.io', 'csistoragecapacities'),
  ]),
  clusterRole('system:volume-scheduler', [
    may(`${read} patch update`, 'core', 'persistentvolumes'),
    may(read, 'storage.k8s.io', 'storageclasses'),
    may(`${read} patch update`, 'core', 'persistentvolumeclaims'),
  ]),
  clusterRole('system:kubelet-api-admin', [
    may(read, 'core', 'nodes'),
    may('proxy', 'core', 'nodes'),
    may('*', 'core', 'nodes/log nodes/metrics nodes/proxy nodes/stats'),
  ]),
  clusterRole('system:node', nodeRules),
  clusterRole('system:node-bootstrapper', [may('create get list watch', 'certificates.k8s.io', 'certificatesigningrequests')]),
  clusterRole('system:node-problem-detector', [may('get', 'core', 'nodes'), may('patch', 'core', 'nodes/status'), events]),
  clusterRole('system:node-proxier', [
    may('list watch', 'core', 'endpoints services'),
    may(read, 'core', 'nodes'),
    events,
    may('list watch', 'discovery.k8s.io', 'endpointslices'),
    may('list watch', 'networking.k8s.io', 'servicecidrs'),
  ]),
  clusterRole('system:persistent-volume-provisioner', [
    may('create delete get list watch', 'core', 'persistentvolumes'),
    may('get list update watch', 'core', 'persistentvolumeclaims'),
    may(read, 'storage.k8s.io', 'storageclasses'),
    may('watch', 'core', 'events'),
    events,
  ]),
];

const lock = [may('create get list update watch', 'coordination.k8s.io', 'leases leasecandidates')];

const inNamespaces: readonly RoleShape[] = [
  role('kube-system', 'extension-apiserver-authentication-reader', [may(read, 'core', 'configmaps', 'extension-apiserver-authentication')]),
  role('kube-system', 'system::leader-locking-kube-controller-manager', lock),
  role('kube-system', 'system::leader-locking-kube-scheduler', lock),
];

/** Roles and ClusterRoles, each of which belongs to the caller but shares its rules with the others. */
export function bootstrapRoles(): RoleShape[] {
  const own = Object.entries(ofControllers).map(([name, rules]) => clusterRole(`system:controller:${name}`, rules));
  return [...forUsers, ...forComponents, ...inNamespaces, ...own];
}
