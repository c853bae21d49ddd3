import { expect, test } from 'vitest';
import { removedVersion } from '../../src/api/removed-versions.ts';

test.each([
  ['extensions/v1beta1', 'Ingress', 'Kubernetes 1.22 has removed extensions/v1beta1 Ingress; write apiVersion: networking.k8s.io/v1'],
  ['batch/v1beta1', 'CronJob', 'Kubernetes 1.25 has removed batch/v1beta1 CronJob; write apiVersion: batch/v1'],
  [
    'autoscaling/v2beta2',
    'HorizontalPodAutoscaler',
    'Kubernetes 1.26 has removed autoscaling/v2beta2 HorizontalPodAutoscaler; write apiVersion: autoscaling/v2',
  ],
  [
    'flowcontrol.apiserver.k8s.io/v1beta3',
    'FlowSchema',
    'Kubernetes 1.32 has removed flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema; write apiVersion: flowcontrol.apiserver.k8s.io/v1',
  ],
  [
    'storage.k8s.io/v1beta1',
    'CSIStorageCapacity',
    'Kubernetes 1.27 has removed storage.k8s.io/v1beta1 CSIStorageCapacity; write apiVersion: storage.k8s.io/v1',
  ],
  [
    'policy/v1beta1',
    'PodSecurityPolicy',
    'Kubernetes 1.25 has removed policy/v1beta1 PodSecurityPolicy; label the Namespace with pod-security.kubernetes.io instead',
  ],
  [
    'networking.k8s.io/v1beta1',
    'IPAddress',
    'Kubernetes serves networking.k8s.io/v1beta1 IPAddress no longer by default; write apiVersion: networking.k8s.io/v1',
  ],
  ['v1', 'ComponentStatus', undefined],
  ['apps/v1', 'Deployment', undefined],
])('of %s %s it says: %s', (apiVersion, kind, said) => {
  expect(removedVersion(apiVersion, kind)).toBe(said);
});
