import { describe, expect, it, test } from 'vitest';
import { tagOf } from '../../src/kinds/pod/defaults.ts';
import { changed, deployment, pod, stored } from './write.ts';

const container = (extra: object) => ({ name: 'web', image: 'nginx:1.27', ...extra });

describe('a pod that says little', () => {
  it('gets what Kubernetes gives it', () => {
    expect(stored(pod)).toEqual({
      ...pod,
      spec: {
        containers: [
          {
            name: 'web',
            image: 'nginx:1.27',
            imagePullPolicy: 'IfNotPresent',
            terminationMessagePath: '/dev/termination-log',
            resources: {},
            terminationMessagePolicy: 'File',
          },
        ],
        dnsPolicy: 'ClusterFirst',
        enableServiceLinks: true,
        restartPolicy: 'Always',
        schedulerName: 'default-scheduler',
        securityContext: {},
        terminationGracePeriodSeconds: 30,
      },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    });
  });
  it('gets the same when it is written again', () => {
    const once = stored(pod);
    expect(stored(once, once)).toEqual(once);
  });
  it('is held back while it has scheduling gates', () => {
    const gated = stored(changed(pod, 'spec.schedulingGates', [{ name: 'example.com/quota' }]));
    expect(gated['status']).toMatchObject({ conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] });
  });
});

describe('how often an image is pulled', () => {
  test.each([
    ['nginx', 'latest', 'Always'],
    ['nginx:latest', 'latest', 'Always'],
    ['nginx:1.27', '1.27', 'IfNotPresent'],
    ['registry:5000/nginx', 'latest', 'Always'],
    ['registry:5000/team/nginx:2', '2', 'IfNotPresent'],
    ['nginx@sha256:aaaa', '', 'IfNotPresent'],
    ['nginx:latest@sha256:aaaa', 'latest', 'Always'],
  ])('%s has the tag %j and is pulled %s', (image, tag, policy) => {
    expect(tagOf(image)).toBe(tag);
    expect(stored(changed(pod, 'spec.containers', [container({ image })]))).toHaveProperty('spec.containers.0.imagePullPolicy', policy);
  });
});

describe('requests and limits', () => {
  it('give a pod its requests, and a template not', () => {
    const resources = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '250m' } };
    expect(stored(changed(pod, 'spec.containers', [container({ resources })]))).toHaveProperty('spec.containers.0.resources.requests', {
      cpu: '250m',
      memory: '1Gi',
    });
    const inTemplate = stored(changed(deployment, 'spec.template.spec.containers', [container({ resources })]));
    expect(inTemplate).toHaveProperty('spec.template.spec.containers.0.resources.requests', { cpu: '250m' });
  });
  it('are rounded up to thousandths', () => {
    const resources = { requests: { cpu: '1500u' } };
    expect(stored(changed(pod, 'spec.containers', [container({ resources })]))).toHaveProperty(
      'spec.containers.0.resources.requests.cpu',
      '2m',
    );
  });
  test.each([
    [{}, 'BestEffort'],
    [{ requests: { cpu: '1' } }, 'Burstable'],
    [{ limits: { cpu: '1' } }, 'Burstable'],
    [{ limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
    [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1024Mi' } }, 'Guaranteed'],
    [{ limits: { cpu: '0' } }, 'BestEffort'],
  ])('%j make a pod %s', (resources, qosClass) => {
    expect(stored(changed(pod, 'spec.containers', [container({ resources })]))).toHaveProperty('status.qosClass', qosClass);
  });
});

describe('parts that are there', () => {
  it('are filled, and parts that are not there stay away', () => {
    const readinessProbe = { httpGet: { port: 80, path: '' }, periodSeconds: 0 };
    const object = stored(changed(pod, 'spec.containers', [container({ readinessProbe })]));
    expect(object).toHaveProperty('spec.containers.0.readinessProbe', {
      httpGet: { path: '/', port: 80, scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    });
    expect(object).not.toHaveProperty('spec.containers.0.livenessProbe');
  });
  test.each([
    [{ name: 'v' }, { name: 'v', emptyDir: {} }],
    [
      { name: 'v', configMap: { name: 'c' } },
      { name: 'v', configMap: { name: 'c', defaultMode: 420 } },
    ],
    [
      { name: 'v', secret: { secretName: 's', defaultMode: 256 } },
      { name: 'v', secret: { secretName: 's', defaultMode: 256 } },
    ],
    [
      { name: 'v', hostPath: { path: '/x' } },
      { name: 'v', hostPath: { path: '/x', type: '' } },
    ],
  ])('the volume %j becomes %j', (volume, full) => {
    expect(stored(changed(pod, 'spec.volumes', [volume]))).toHaveProperty('spec.volumes', [full]);
  });
  it('ports on the host network are host ports, of pods alone', () => {
    const ports = [{ containerPort: 80 }];
    const spec = { hostNetwork: true, containers: [container({ ports })] };
    expect(stored({ ...pod, spec })).toHaveProperty('spec.containers.0.ports', [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }]);
    const inTemplate = stored(changed(deployment, 'spec.template.spec', spec));
    expect(inTemplate).toHaveProperty('spec.template.spec.containers.0.ports', [{ containerPort: 80, protocol: 'TCP' }]);
  });
  it('a service account goes by both of its names', () => {
    expect(stored(changed(pod, 'spec.serviceAccountName', 'robot'))).toHaveProperty('spec.serviceAccount', 'robot');
    expect(stored(changed(pod, 'spec.serviceAccount', 'robot'))).toHaveProperty('spec.serviceAccountName', 'robot');
  });
});
