import { describe, expect, it, test } from 'vitest';
import { changed, service, stored, write, type Loose } from './write.ts';

describe('a Service that says little', () => {
  it('gets what Kubernetes gives it', () => {
    expect(stored(service)['spec']).toEqual({
      type: 'ClusterIP',
      selector: { app: 'web' },
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
  });
  it('for the outside says how traffic comes in', () => {
    expect(stored(changed(service, 'spec.type', 'LoadBalancer'))['spec']).toMatchObject({
      allocateLoadBalancerNodePorts: true,
      externalTrafficPolicy: 'Cluster',
    });
  });
  it('with affinity has a time for it', () => {
    expect(stored(changed(service, 'spec.sessionAffinity', 'ClientIP'))).toHaveProperty('spec.sessionAffinityConfig', {
      clientIP: { timeoutSeconds: 10800 },
    });
  });
  it('that is a name of another has no families', () => {
    const named = { ...service, spec: { type: 'ExternalName', externalName: 'example.com' } };
    expect(stored(named)['spec']).toEqual({ type: 'ExternalName', externalName: 'example.com', sessionAffinity: 'None' });
  });
});

describe('a Service is refused', () => {
  test.each<[string, Loose, string[]]>([
    ['without ports', changed(service, 'spec.ports', undefined), ['spec.ports: Required value']],
    [
      'with nameless ports',
      changed(service, 'spec.ports', [{ port: 80 }, { port: 81 }]),
      ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
    ],
    [
      'with a port of the node where it has none',
      changed(service, 'spec.ports', [{ port: 80, nodePort: 30000 }]),
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      'with a name that begins with a number',
      changed(service, 'metadata.name', '1web'),
      [
        "metadata.name: Invalid value: \"1web\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
      ],
    ],
    ['without the name that it stands for', changed(service, 'spec.type', 'ExternalName'), ['spec.externalName: Required value']],
    [
      'headless with node ports',
      changed(changed(service, 'spec.clusterIP', 'None'), 'spec.type', 'NodePort'),
      ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
    ],
    [
      'with an address that is none',
      changed(service, 'spec.clusterIP', '10.0.0.256'),
      ['spec.clusterIPs[0]: Invalid value: "10.0.0.256": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      'with a class of load balancer that it is not',
      changed(service, 'spec.loadBalancerClass', 'example.com/lb'),
      ["spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
  ])('%s', (_why, manifest, errors) => {
    expect(write(manifest).errors).toEqual(errors);
  });
});

describe('what a Service was given', () => {
  const given = stored({
    ...service,
    spec: {
      ...service.spec,
      type: 'NodePort',
      clusterIP: '10.96.0.7',
      clusterIPs: ['10.96.0.7'],
      ports: [{ name: 'http', port: 80, nodePort: 30080 }],
    },
  });
  it('stays with it when a writer leaves it out', () => {
    const { object, errors } = write(
      { ...service, spec: { ...service.spec, type: 'NodePort', ports: [{ name: 'http', port: 80 }] } },
      given,
    );
    expect(errors).toEqual([]);
    expect(object['spec']).toEqual(given['spec']);
  });
  it('goes when the new type has no use for it', () => {
    const { object } = write(changed(given, 'spec.type', 'ClusterIP'), given);
    expect(object['spec']).toMatchObject({ clusterIP: '10.96.0.7', ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 80 }] });
    expect(object).not.toHaveProperty('spec.ports.0.nodePort');
    expect(object).not.toHaveProperty('spec.externalTrafficPolicy');
  });
  it('cannot be changed', () => {
    const other = changed(changed(given, 'spec.clusterIP', '10.96.0.8'), 'spec.clusterIPs', ['10.96.0.8']);
    expect(write(other, given).errors).toEqual(['spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set']);
  });
});
