import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { deepFreeze } from '../../src/base/json.ts';
import { recordUpdate, serverSideApply } from '../../src/schema/apply.ts';
import { fieldPathText } from '../../src/schema/field-path.ts';
import { pathsOf, type FieldSet } from '../../src/schema/field-set.ts';
import type { Versions } from '../../src/schema/versions.ts';
import { inline } from './schemas.ts';

/** A kind whose older version calls `count` and `labels` otherwise, and knows no note. */
const root = (spec: object) =>
  inline(
    {
      type: 'object',
      properties: {
        ...{ apiVersion: { type: 'string' }, kind: { type: 'string' } },
        metadata: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        spec: { type: 'object', properties: spec },
      },
    },
    true,
  );
const text = { type: 'string' };
const schemas = {
  'demo/v2': root({ count: { type: 'integer' }, note: text, tags: { type: 'object', additionalProperties: text } }),
  'demo/v1': root({ number: { type: 'integer' }, note: text, marks: { type: 'object', additionalProperties: text } }),
};
type Version = keyof typeof schemas;
const names: readonly (readonly [v1: string, v2: string])[] = [
  ['number', 'count'],
  ['marks', 'tags'],
  ['note', 'note'],
];
function serving(...served: readonly Version[]): Versions {
  return {
    schemaOf: (apiVersion) => (served.includes(apiVersion as Version) ? schemas[apiVersion as Version] : undefined),
    convert: (object, apiVersion) => {
      const { apiVersion: own, spec = {}, ...rest } = object as KubeObject & { spec?: Record<string, unknown> };
      if (own === apiVersion) return object;
      const fields = names.flatMap(([v1, v2]) => {
        const [from, to] = apiVersion === 'demo/v1' ? [v2, v1] : [v1, v2];
        return spec[from] === undefined ? [] : [[to, spec[from]]];
      });
      return { ...rest, apiVersion, ...(fields.length > 0 && { spec: Object.fromEntries(fields) as object }) };
    },
  };
}
const both = serving('demo/v1', 'demo/v2');
const time = '2026-01-01T00:00:00Z';
const of = (apiVersion: Version, spec?: object): KubeObject =>
  deepFreeze({ apiVersion, kind: 'Thing', metadata: { name: 't' }, ...(spec && { spec }) }) as KubeObject;
interface How {
  readonly versions?: Versions;
  readonly force?: boolean;
}
/** An apply in the version of what is applied; the live object is told in it. */
function apply(
  live: KubeObject | undefined,
  applied: KubeObject,
  manager: string,
  { versions = both, force = false }: How = {},
): KubeObject {
  const told = live && (versions.convert(live, applied.apiVersion) as KubeObject);
  return deepFreeze(serverSideApply(schemas[applied.apiVersion as Version], told, applied, { manager, time, versions, force }));
}
function update(live: KubeObject, next: KubeObject, manager: string, versions = both): KubeObject {
  const told = versions.convert(live, next.apiVersion) as KubeObject;
  const kept = { ...next, metadata: { ...next.metadata, managedFields: live.metadata.managedFields ?? [] } };
  return deepFreeze(recordUpdate(schemas[next.apiVersion as Version], told, kept, { manager, time, versions }));
}
const specOf = (object: KubeObject) => (object as { spec?: object }).spec;
const owners = (object: KubeObject) =>
  Object.fromEntries(
    (object.metadata.managedFields ?? []).map(({ manager, apiVersion, fieldsV1 }) => [
      `${manager} ${apiVersion}`,
      pathsOf(fieldsV1 as FieldSet).map(fieldPathText),
    ]),
  );

describe('managers of two versions of one object', () => {
  const made = apply(undefined, of('demo/v2', { count: 1, tags: { a: 'x' } }), 'flux');

  it('conflict about a field that has two names, and it is told as its owner calls it', () => {
    expect(() => apply(made, of('demo/v1', { number: 2 }), 'argo')).toThrow(
      'Apply failed with 1 conflict: conflict with "flux": .spec.count',
    );
    const forced = apply(made, of('demo/v1', { number: 2 }), 'argo', { force: true });
    expect(specOf(forced)).toEqual({ number: 2, marks: { a: 'x' } });
    expect(owners(forced)).toEqual({ 'argo demo/v1': ['.spec.number'], 'flux demo/v2': ['.spec.tags.a'] });
  });

  it('share a field that has two names', () => {
    const shared = apply(made, of('demo/v1', { number: 1 }), 'argo');
    expect(owners(shared)).toEqual({ 'argo demo/v1': ['.spec.number'], 'flux demo/v2': ['.spec.count', '.spec.tags.a'] });
    expect(specOf(apply(shared, of('demo/v2', { tags: { a: 'x' } }), 'flux'))).toEqual({ count: 1, tags: { a: 'x' } });
  });

  it('lose to an update what it changes, whatever its version calls it', () => {
    const updated = update(made, of('demo/v1', { number: 5, marks: { a: 'x' } }), 'kubectl');
    expect(owners(updated)).toEqual({ 'flux demo/v2': ['.spec.tags.a'], 'kubectl demo/v1': ['.spec.number'] });
  });

  it('give up in one version what they applied in the other', () => {
    const moved = apply(made, of('demo/v1', { number: 1 }), 'flux');
    expect(specOf(moved)).toEqual({ number: 1 });
    expect(owners(moved)).toEqual({ 'flux demo/v1': ['.spec.number'] });
    expect(specOf(apply(moved, of('demo/v2', { note: 'n' }), 'flux'))).toEqual({ note: 'n' });
  });
});

describe('a version that is not served any more', () => {
  const only = serving('demo/v2');
  const old = apply(apply(undefined, of('demo/v1', { number: 1, note: 'n' }), 'flux'), of('demo/v2', { tags: { a: 'x' } }), 'argo');

  it('takes its managers with it', () => {
    const after = apply(old, of('demo/v2', { count: 2 }), 'helm', { versions: only });
    expect(owners(after)).toEqual({ 'argo demo/v2': ['.spec.tags.a'], 'helm demo/v2': ['.spec.count'] });
  });

  it('leaves what was applied in it', () => {
    const after = apply(old, of('demo/v2', { tags: { b: 'y' } }), 'flux', { versions: only });
    expect(specOf(after)).toEqual({ count: 1, note: 'n', tags: { a: 'x', b: 'y' } });
  });
});
