import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { lean } from '../../src/reconcile/lean.ts';

type Any = KubeObject & { spec: { template: { image: string }[]; node?: string }; status?: unknown };
let families = 0;
function family(): (name: string, more?: object) => Any {
  const uid = `owner-${families++}`;
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid, controller: true };
  return (name, more = {}) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'd', uid: name, ownerReferences: [{ ...owner }], managedFields: [{ manager: 'me' }] },
    spec: { template: [{ image: 'web:1' }] },
    ...more,
  });
}

describe('an object as caches keep it', () => {
  it('says the same without managedFields, and is frozen all through', () => {
    const pod = family()('a', { spec: { template: [{ image: 'web:1' }], node: undefined }, status: { list: [null, 1, 'x', { y: [] }] } });
    const shown = lean(pod, undefined);
    const { managedFields: _left, ...metadata } = pod.metadata;
    expect(shown).toStrictEqual({ ...pod, metadata, spec: { template: [{ image: 'web:1' }] } });
    expect([shown, shown.metadata, shown.spec, shown.spec.template, shown.spec.template[0]].every((part) => Object.isFrozen(part))).toBe(
      true,
    );
  });
  it('is one object for all who are told of the same', () => {
    const pod = family()('a');
    expect(lean(pod, undefined)).toBe(lean(pod, undefined));
  });
  it('shares what equals its former state, and that of others of its owner', () => {
    const podOf = family();
    const [first, second] = [lean(podOf('a'), undefined), lean(podOf('b', { status: { phase: 'Running' } }), undefined)];
    expect(second.spec).toBe(first.spec);
    expect(second.metadata.ownerReferences).toBe(first.metadata.ownerReferences);
    const later = lean(podOf('b', { spec: { template: [{ image: 'web:2' }] }, status: { phase: 'Running' } }), second);
    expect(later.spec.template).toEqual([{ image: 'web:2' }]);
    expect(later.status).toBe(second.status);
  });
  it('takes nothing from others that is only alike: shorter lists, further members, other types', () => {
    const podOf = family();
    lean(podOf('a', { status: { list: [1, 2], map: { x: 1, y: 2 }, number: 1, none: null } }), undefined);
    const status = { list: [1], map: { x: 1 }, number: '1', none: {} };
    expect(lean(podOf('b', { status }), undefined).status).toStrictEqual(status);
  });
  it('keeps members whose names objects have by themselves', () => {
    const labels = JSON.parse('{"__proto__": "p", "constructor": "c", "toString": "t"}') as Record<string, string>;
    const pod = family()('a');
    const shown = lean({ ...pod, metadata: { ...pod.metadata, labels } }, undefined);
    expect(Object.entries(shown.metadata.labels ?? {})).toEqual(Object.entries(labels));
  });
});
