import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { StatusError } from '../../src/api/status.ts';
import { deepFreeze } from '../../src/base/json.ts';
import { recordUpdate, serverSideApply } from '../../src/schema/apply.ts';
import { lastAppliedAnnotation } from '../../src/schema/last-applied.ts';
import { deployment, shelf, story } from './story.ts';

const manifest = (count: number, extra: object = {}) => ({
  apiVersion: 'demo.example/v1',
  kind: 'Shelf',
  metadata: { name: 's' },
  spec: { count, ...extra },
});
/** An object as client-side apply of kubectl leaves it. */
const applied = (count: number) =>
  story(shelf).update('kubectl-client-side-apply', (object) => {
    Object.assign(object, { spec: { count } });
    object.metadata.annotations = { [lastAppliedAnnotation]: `${JSON.stringify(manifest(count))}\n` };
  });

describe('an object that client-side apply of kubectl made', () => {
  it('is taken over by kubectl without force', () => {
    const told = applied(1).apply('kubectl', '{spec: {count: 2}}');
    expect(told.owners['kubectl']).toEqual(['.spec.count']);
    expect((told.object.spec as { count: number }).count).toBe(2);
  });

  it('has its annotation brought up to date, so that client-side apply can go on', () => {
    const told = applied(1).apply('kubectl', '{spec: {count: 2}}');
    expect(told.object.metadata.annotations).toEqual({
      [lastAppliedAnnotation]: '{"apiVersion":"demo.example/v1","kind":"Shelf","metadata":{"name":"s"},"spec":{"count":2}}\n',
    });
  });

  it('still conflicts where somebody changed what kubectl had applied', () => {
    const told = applied(1).update('hpa', (object) => Object.assign(object, { spec: { count: 7 } }));
    expect(() => told.apply('kubectl', '{spec: {count: 2}}')).toThrow(StatusError);
  });

  it('still conflicts for any other manager', () => {
    expect(() => applied(1).apply('flux', '{spec: {count: 2}}')).toThrow(
      'conflict with "kubectl-client-side-apply" using demo.example/v1: .spec.count',
    );
  });

  it('with an annotation that is no JSON allows nothing', () => {
    const told = applied(1).update('someone', (object) => {
      object.metadata.annotations = { [lastAppliedAnnotation]: '{' };
    });
    expect(() => told.apply('kubectl', '{spec: {count: 2}}')).toThrow(StatusError);
  });
});

describe('a Deployment', () => {
  const time = '2026-01-01T00:00:00Z';
  const web = deepFreeze({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'nginx:1', ports: [{ containerPort: 80 }], env: [{ name: 'A', value: '1' }] }] },
      },
    },
  }) as unknown as KubeObject;

  it('is owned by its applier as a real server writes it', () => {
    const made = serverSideApply(deployment, undefined, web, { manager: 'flux', time });
    expect(made.metadata.managedFields).toEqual([
      {
        manager: 'flux',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        time,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:labels': { 'f:app': {} } },
          'f:spec': {
            'f:replicas': {},
            'f:selector': {},
            'f:template': {
              'f:metadata': { 'f:labels': { 'f:app': {} } },
              'f:spec': {
                'f:containers': {
                  'k:{"name":"web"}': {
                    '.': {},
                    'f:env': { 'k:{"name":"A"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
                    'f:image': {},
                    'f:name': {},
                    'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
                  },
                },
              },
            },
          },
        },
      },
    ]);
  });

  it('is owned by who created it as a real server writes it', () => {
    const made = recordUpdate(deployment, undefined, web, { manager: 'kubectl-create', time });
    expect(made.metadata.managedFields?.[0]?.fieldsV1).toEqual({
      'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
      'f:spec': {
        'f:replicas': {},
        'f:selector': {},
        'f:template': {
          'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
          'f:spec': {
            'f:containers': {
              'k:{"name":"web"}': {
                '.': {},
                'f:env': { '.': {}, 'k:{"name":"A"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
                'f:image': {},
                'f:name': {},
                'f:ports': { '.': {}, 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
              },
            },
          },
        },
      },
    });
  });

  it('scaled by another loses its replicas to it, and a container that is left out goes', () => {
    let object = serverSideApply(deployment, undefined, web, { manager: 'flux', time });
    const scaled = { ...object, spec: { ...(object as unknown as { spec: object }).spec, replicas: 5 } } as unknown as KubeObject;
    object = recordUpdate(deployment, object, scaled, { manager: 'hpa', subresource: 'scale', time });
    expect(object.metadata.managedFields?.map(({ manager, subresource }) => [manager, subresource])).toEqual([
      ['flux', undefined],
      ['hpa', 'scale'],
    ]);
    expect(() => serverSideApply(deployment, object, web, { manager: 'flux', time })).toThrow(
      'Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using apps/v1: .spec.replicas',
    );
    const { replicas: _replicas, ...spec } = (web as unknown as { spec: { replicas: number; template: object } }).spec;
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'api', image: 'x' }] } };
    const next = { ...web, spec: { ...spec, template } } as unknown as KubeObject;
    const after = serverSideApply(deployment, object, next, { manager: 'flux', time }) as unknown as { spec: unknown };
    expect(after.spec).toEqual({ replicas: 5, selector: { matchLabels: { app: 'web' } }, template });
  });
});
