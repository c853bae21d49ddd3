import { describe, expect, it } from 'vitest';
import { fieldChanges } from '../../src/gitops/changes.ts';
import { openapiShape } from '../../src/gitops/shape.ts';

const shape = openapiShape(
  {},
  {
    type: 'object',
    properties: {
      containers: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: { type: 'object', properties: { args: { type: 'array' } } },
      },
    },
  },
);

describe('a change field by field', () => {
  it('names fields that change, come and go', () => {
    expect(fieldChanges({ a: 1, b: { c: 2 }, gone: 0 }, { a: 1, b: { c: 3 }, new: [] }, undefined)).toEqual([
      { path: 'b.c', from: 2, to: 3 },
      { path: 'new', to: [] },
      { path: 'gone', from: 0 },
    ]);
  });
  it('names entries of keyed lists by their key', () => {
    const before = {
      containers: [
        { name: 'web', image: 'a', args: ['x'] },
        { name: 'old', image: 'o' },
      ],
    };
    const after = {
      containers: [
        { name: 'side', image: 's' },
        { name: 'web', image: 'b', args: ['x', 'y'] },
      ],
    };
    expect(fieldChanges(before, after, shape)).toEqual([
      { path: 'containers[web].image', from: 'a', to: 'b' },
      { path: 'containers[web].args', from: ['x'], to: ['x', 'y'] },
      { path: 'containers[old]', from: { name: 'old', image: 'o' } },
      { path: 'containers[side]', to: { name: 'side', image: 's' } },
    ]);
  });
  it('says where only the order of a keyed list changes', () => {
    const [a, b] = [{ name: 'a' }, { name: 'b' }];
    expect(fieldChanges({ containers: [a, b] }, { containers: [b, a] }, shape)).toEqual([
      { path: 'containers (order)', from: ['containers[a]', 'containers[b]'], to: ['containers[b]', 'containers[a]'] },
    ]);
  });
  it('quotes names that are no words', () => {
    expect(fieldChanges({ labels: {} }, { labels: { 'a.b/c': '1' } }, undefined)).toEqual([{ path: "labels['a.b/c']", to: '1' }]);
  });
});
