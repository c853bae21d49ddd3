import type { Grant, Rule } from './authorization.ts';

const read = ['get', 'list', 'watch'];
const write = ['create', 'update', 'patch', 'delete'];
const all = ['*'];
const rule = (groups: readonly string[], resources: readonly string[], verbs: readonly string[]): Rule => ({ groups, resources, verbs });
const events = rule([''], ['events'], ['create', 'patch', 'update']);
const leases = rule(['coordination.k8s.io'], ['leases'], ['get', 'list', 'watch', 'create', 'update', 'patch']);

/** What each component of the control plane may do; names and reach as upstream's default roles (plugin/pkg/auth/authorizer/rbac/bootstrappolicy). */
export const componentGrants: readonly Grant[] = [
  {
    who: 'system:kube-scheduler',
    rules: [
      events,
      leases,
      rule([''], ['nodes', 'namespaces', 'services', 'persistentvolumeclaims', 'persistentvolumes', 'replicationcontrollers'], read),
      rule([''], ['pods'], [...read, 'delete']),
      rule([''], ['pods/binding', 'bindings'], ['create']),
      rule([''], ['pods/status'], ['patch', 'update']),
      rule(['apps'], ['replicasets', 'statefulsets'], read),
      rule(['policy'], ['poddisruptionbudgets'], read),
    ],
  },
  {
    who: 'system:kube-proxy',
    rules: [events, rule([''], ['services', 'nodes'], read), rule(['discovery.k8s.io'], ['endpointslices'], read)],
  },
  { who: 'system:controller:*', rules: [events, leases, rule(all, all, read)] },
  {
    who: 'system:controller:deployment-controller',
    rules: [
      rule(['apps'], ['deployments', 'deployments/status', 'deployments/finalizers', 'replicasets'], write),
      rule([''], ['pods'], ['update']),
    ],
  },
  {
    who: 'system:controller:replicaset-controller',
    rules: [
      rule(['apps'], ['replicasets', 'replicasets/status', 'replicasets/finalizers'], ['update', 'patch']),
      rule([''], ['pods'], ['create', 'delete', 'patch', 'update']),
    ],
  },
  {
    who: 'system:controller:job-controller',
    rules: [
      rule(['batch'], ['jobs', 'jobs/status', 'jobs/finalizers'], ['update', 'patch', 'delete']),
      rule([''], ['pods', 'pods/status'], ['create', 'delete', 'patch', 'update']),
    ],
  },
  { who: 'system:controller:ttl-after-finished-controller', rules: [rule(['batch'], ['jobs'], ['delete'])] },
  {
    who: 'system:controller:endpointslice-controller',
    rules: [rule(['discovery.k8s.io'], ['endpointslices'], write), rule([''], ['services/finalizers'], ['update'])],
  },
  {
    who: 'system:controller:namespace-controller',
    rules: [
      rule([''], ['namespaces', 'namespaces/finalize', 'namespaces/status'], ['update', 'patch', 'delete']),
      rule(all, all, ['delete', 'deletecollection']),
    ],
  },
  { who: 'system:controller:generic-garbage-collector', rules: [rule(all, all, ['get', 'list', 'watch', 'delete', 'patch', 'update'])] },
  { who: 'system:controller:service-controller', rules: [rule([''], ['services', 'services/status'], ['update', 'patch'])] },
  { who: 'system:controller:service-account-controller', rules: [rule([''], ['serviceaccounts'], ['create'])] },
  {
    who: 'system:controller:node-controller',
    rules: [rule([''], ['nodes', 'nodes/status', 'pods/status'], ['update', 'patch', 'delete']), rule([''], ['pods'], ['delete'])],
  },
  { who: 'system:controller:root-ca-cert-publisher', rules: [rule([''], ['configmaps'], ['create', 'update'])] },
  {
    who: 'system:controller:pod-garbage-collector',
    rules: [rule([''], ['pods'], ['delete']), rule([''], ['pods/status'], ['update', 'patch'])],
  },
  {
    who: 'group:system:nodes',
    rules: [
      events,
      leases,
      rule([''], ['services', 'configmaps', 'secrets', 'serviceaccounts', 'namespaces'], read),
      rule([''], ['nodes'], [...read, 'create', 'update', 'patch']),
      rule([''], ['nodes/status'], ['update', 'patch']),
      rule([''], ['pods'], [...read, 'create', 'delete']),
      rule([''], ['pods/status'], ['update', 'patch']),
      rule([''], ['pods/eviction'], ['create']),
    ],
  },
  { who: 'steersman', rules: [rule(all, all, all)] },
];
