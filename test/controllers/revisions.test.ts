import { describe, expect, it } from 'vitest';
import type { ControllerRevision, PodTemplateSpec } from '../../src/api/kinds.generated.ts';
import {
  byRevision,
  holdsTemplate,
  revisionData,
  revisionHash,
  revisionName,
  revisionTemplate,
} from '../../src/controllers/revisions/revision.ts';

/** As kubernetes v1.34 writes it (pkg/controller/statefulset/testdata/compatibility_revision_1.34.0.json). */
const template: PodTemplateSpec = {
  metadata: { annotations: { test: 'value' }, labels: { app: 'foo' } },
  spec: {
    containers: [
      {
        image: 'test',
        imagePullPolicy: 'Always',
        name: 'test',
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ],
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  },
};
const revision = (data: Record<string, unknown>, number = 1, name = 'a', creationTimestamp = ''): ControllerRevision => ({
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  metadata: { name, creationTimestamp },
  data,
  revision: number,
});

describe('a revision', () => {
  it("has the name that Kubernetes gives it, so that a set's revisions are found again", () => {
    expect(revisionName('test', revisionHash(revisionData(template), 0))).toBe('test-776999688b');
  });

  it('holds a patch that puts the template back, with keys in order', () => {
    const data = revisionData({ spec: { containers: [] }, metadata: { labels: { b: '1', a: '2' }, annotations: {} } });
    expect(JSON.stringify(data)).toBe(
      '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"a":"2","b":"1"}},"spec":{"containers":[]}}}}',
    );
    expect(revisionTemplate(revision(data))).toEqual({ metadata: { labels: { a: '2', b: '1' } }, spec: { containers: [] } });
  });

  it.each([
    ['the same', template, true],
    ['with no time, as old servers write it', { ...template, metadata: { ...template.metadata, creationTimestamp: null } }, true],
    ['with another image', { ...template, spec: { ...template.spec, containers: [{ name: 'test', image: 'other' }] } }, false],
  ])('holds a template: %s', (_what, held, answer) => {
    const data = { spec: { template: { ...held, $patch: 'replace' } } };
    expect(holdsTemplate(revision(data), template)).toBe(answer);
  });

  it('comes after those of lower number, then of greater age, then by name', () => {
    const all = [revision({}, 2), revision({}, 1, 'b', '2'), revision({}, 1, 'c', '1'), revision({}, 1, 'a', '1')];
    expect(all.sort(byRevision).map((each) => [each.revision, each.metadata.name])).toEqual([
      [1, 'a'],
      [1, 'c'],
      [1, 'b'],
      [2, 'a'],
    ]);
  });

  it('of another collision count has another name', () => {
    const data = revisionData(template);
    expect(revisionHash(data, 1)).not.toBe(revisionHash(data, 0));
  });
});
