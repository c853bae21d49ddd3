import { describe, expect, it } from 'vitest';
import { StatusError } from '../../src/api/status.ts';
import { deepFreeze } from '../../src/base/json.ts';
import { strategicMerge } from '../../src/schema/strategic-merge.ts';
import { schemaOf } from './schemas.ts';

const pod = schemaOf('core/v1/pod');
const deployment = schemaOf('apps/v1/deployment');
const service = schemaOf('core/v1/service');
const merge = (schema: typeof pod, object: object, patch: object) =>
  strategicMerge(schema, deepFreeze(object), deepFreeze(patch) as Record<string, unknown>);
const containers = (...list: object[]) => ({ spec: { containers: list } });
const ofPod = (object: object, patch: object) => merge(pod, object, patch);

describe('a strategic merge patch', () => {
  it.each([
    [
      'merges members',
      { metadata: { labels: { a: '1' } } },
      { metadata: { labels: { b: '2' } } },
      { metadata: { labels: { a: '1', b: '2' } } },
    ],
    [
      'removes what is null',
      { metadata: { labels: { a: '1', b: '2' } } },
      { metadata: { labels: { a: null } } },
      { metadata: { labels: { b: '2' } } },
    ],
    ['brings no nulls along', {}, { metadata: { labels: { a: null, b: '2' } } }, { metadata: { labels: { b: '2' } } }],
    [
      'merges list items by their key',
      containers({ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:1' }),
      containers({ name: 'b', image: 'b:2' }),
      containers({ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:2' }),
    ],
    [
      'puts new items where the patch has them, and old ones where they stood',
      containers({ name: 'a' }, { name: 'b' }),
      containers({ name: 'c', image: 'c' }, { name: 'a', tty: true }),
      containers({ name: 'c', image: 'c' }, { name: 'a', tty: true }, { name: 'b' }),
    ],
    [
      'replaces a list without a merge strategy',
      { spec: { tolerations: [{ key: 'a' }, { key: 'b' }] } },
      { spec: { tolerations: [{ key: 'c' }] } },
      { spec: { tolerations: [{ key: 'c' }] } },
    ],
    [
      'joins lists of scalars',
      { metadata: { finalizers: ['a'] } },
      { metadata: { finalizers: ['b', 'a'] } },
      { metadata: { finalizers: ['b', 'a'] } },
    ],
    [
      'replaces a value of another form',
      { spec: { hostname: 'a' } },
      { spec: { hostname: { b: 'c' } } },
      { spec: { hostname: { b: 'c' } } },
    ],
    ['keeps what it does not name', { spec: { nodeName: 'n' } }, {}, { spec: { nodeName: 'n' } }],
  ])('%s', (_name, object, patch, result) => {
    expect(ofPod(object, patch)).toEqual(result);
  });
});

describe('$patch', () => {
  it.each([
    [
      'replace of a map',
      { metadata: { labels: { a: '1' } } },
      { metadata: { labels: { $patch: 'replace', b: '2' } } },
      { metadata: { labels: { b: '2' } } },
    ],
    [
      'delete of a map',
      { metadata: { name: 'p', labels: { a: '1' } } },
      { metadata: { labels: { $patch: 'delete' } } },
      { metadata: { name: 'p', labels: {} } },
    ],
    ['of a map that is not there leaves nothing', { metadata: {} }, { metadata: { labels: { $patch: 'delete' } } }, { metadata: {} }],
    ['delete of an item', containers({ name: 'a' }, { name: 'b' }), containers({ name: 'a', $patch: 'delete' }), containers({ name: 'b' })],
    [
      'replace in a list',
      containers({ name: 'a' }, { name: 'b' }),
      containers({ $patch: 'replace' }, { name: 'c', image: 'c' }),
      containers({ name: 'c', image: 'c' }),
    ],
    ['replace in a list alone empties it', containers({ name: 'a' }), containers({ $patch: 'replace' }), containers()],
    [
      'replace in an item',
      containers({ name: 'a', image: 'a', tty: true }),
      { spec: { containers: [{ name: 'a', securityContext: { $patch: 'replace', privileged: true } }] } },
      containers({ name: 'a', image: 'a', tty: true, securityContext: undefined }),
    ],
    [
      'delete of an item that is not there does nothing, also in a list that is not there',
      { spec: {} },
      containers({ name: 'a', $patch: 'delete' }),
      containers(),
    ],
  ])('%s', (_name, object, patch, result) => {
    expect(ofPod(object, patch)).toEqual(result);
  });
});

describe('$retainKeys', () => {
  const volumes = (...list: object[]) => ({ spec: { volumes: list } });
  it('keeps what it names and nothing else', () => {
    const object = volumes({ name: 'v', emptyDir: {} }, { name: 'w', hostPath: { path: '/' } });
    const patch = volumes({ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'c' } });
    expect(ofPod(object, patch)).toEqual(volumes({ name: 'v', configMap: { name: 'c' } }, { name: 'w', hostPath: { path: '/' } }));
  });

  it('of a strategy takes the other one away', () => {
    const object = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } };
    const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
    expect(merge(deployment, object, patch)).toEqual({ spec: { strategy: { type: 'Recreate' } } });
  });

  it('lets nulls and list directives of other members pass', () => {
    const object = volumes({ name: 'v', emptyDir: {} });
    const patch = volumes({ name: 'v', $retainKeys: ['name'], emptyDir: null });
    expect(ofPod(object, patch)).toEqual(volumes({ name: 'v' }));
  });
});

describe('$setElementOrder', () => {
  it.each([
    ['with changes', ['c', 'a', 'b'], [{ name: 'c', image: 'c' }], ['c', 'a', 'b']],
    ['without changes', ['b', 'a'], undefined, ['b', 'a']],
    ['of some of the items', ['b', 'a'], undefined, ['b', 'a']],
    ['with a removal', ['b'], [{ name: 'a', $patch: 'delete' }], ['b']],
  ])('puts items in its order, %s', (_name, order, list, result) => {
    const object = containers({ name: 'a' }, { name: 'b' });
    const patch = {
      spec: { '$setElementOrder/containers': order.map((name) => ({ name })), ...(list !== undefined && { containers: list }) },
    };
    const { spec } = ofPod(object, patch) as { spec: { containers: { name: string }[] } };
    expect(spec.containers.map(({ name }) => name)).toEqual(result);
  });

  it('leaves items of the server where they stood among those that it orders', () => {
    const object = containers({ name: 'a' }, { name: 'injected' }, { name: 'b' });
    const patch = {
      spec: { '$setElementOrder/containers': [{ name: 'a' }, { name: 'b' }, { name: 'c' }], containers: [{ name: 'c', image: 'c' }] },
    };
    const { spec } = ofPod(object, patch) as { spec: { containers: { name: string }[] } };
    expect(spec.containers.map(({ name }) => name)).toEqual(['a', 'injected', 'b', 'c']);
  });

  it('orders scalars', () => {
    const object = { metadata: { finalizers: ['a', 'b'] } };
    const patch = { metadata: { '$setElementOrder/finalizers': ['c', 'b', 'a'], finalizers: ['c'] } };
    expect(ofPod(object, patch)).toEqual({ metadata: { finalizers: ['c', 'b', 'a'] } });
  });

  it('of a list that is nowhere makes none', () => {
    expect(ofPod({ spec: {} }, { spec: { '$setElementOrder/containers': [{ name: 'a' }] } })).toEqual({ spec: {} });
  });
});

describe('$deleteFromPrimitiveList', () => {
  it('takes values out, and values that come in the same patch in', () => {
    const object = { metadata: { finalizers: ['a', 'b', 'c'] } };
    const patch = { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['d'] } };
    expect(new Set((ofPod(object, patch) as { metadata: { finalizers: string[] } }).metadata.finalizers)).toEqual(new Set(['b', 'c', 'd']));
  });
  it('of a list that is not there does nothing', () => {
    expect(ofPod({ metadata: {} }, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } })).toEqual({ metadata: {} });
  });
});

describe('a strategic merge patch that is wrong', () => {
  it.each([
    [containers({ name: 'a' }), containers({ image: 'x' }), 'map: map[image:x] does not contain declared merge key: name'],
    [containers({ name: 'a' }), containers({ $patch: 'delete' }), 'map: map[$patch:delete] does not contain declared merge key: name'],
    [containers({ name: 'a' }), containers({ $patch: 'merge' }), 'merging lists cannot yet be specified in the patch'],
    [containers({ name: 'a' }), containers({ $patch: 'spam', name: 'a' }), 'unknown patch type: spam in map: map[$patch:spam name:a]'],
    [{ spec: { nodeName: 'n' } }, { spec: { $patch: 'spam', tty: true } }, 'unknown patch type: spam in map: map[$patch:spam tty:true]'],
    [containers({ name: 'a' }), { spec: { containers: ['x'] } }, 'list element types are not identical: [[map[name:a]] [x]]'],
    [containers({ name: 'a' }), { spec: { containers: [[]] } }, 'lists of lists are not supported'],
    [{ spec: { volumes: [] } }, { spec: { $retainKeys: 'x' } }, 'invalid patch format of retainKeys'],
    [{ spec: {} }, { spec: { $retainKeys: ['a'], nodeName: 'n' } }, 'invalid patch format of retainKeys'],
    [
      containers({ name: 'a' }),
      { spec: { '$setElementOrder/containers': [{ name: 'a' }], containers: [{ name: 'b' }] } },
      "The order in patch list:\n[map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
    ],
    [containers({ name: 'a' }), { spec: { '$setElementOrder/containers': 'a' } }, 'expected a []interface {}, but received a string'],
  ])('of %j by %j says so', (object, patch, message) => {
    const act = () => ofPod(object, patch);
    expect(act).toThrow(StatusError);
    expect(act).toThrow(expect.objectContaining({ code: 400, message }) as Error);
  });
});

describe('ports of a Service', () => {
  it('merge by port alone, so that both protocols of one port meet in the first', () => {
    const object = {
      spec: {
        ports: [
          { port: 53, protocol: 'TCP', name: 'tcp' },
          { port: 53, protocol: 'UDP', name: 'udp' },
        ],
      },
    };
    const patch = { spec: { ports: [{ port: 53, targetPort: 5353 }] } };
    const result = merge(service, object, patch) as { spec: { ports: unknown[] } };
    expect(result.spec.ports).toEqual([
      { port: 53, protocol: 'TCP', name: 'tcp', targetPort: 5353 },
      { port: 53, protocol: 'UDP', name: 'udp' },
    ]);
  });
});
