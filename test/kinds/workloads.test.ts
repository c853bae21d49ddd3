import { describe, expect, it, test } from 'vitest';
import { changed, deployment, job, stored, template, write, type Loose } from './write.ts';

const replicaset = { ...deployment, kind: 'ReplicaSet' };

describe('a Deployment', () => {
  it('rolls a quarter at a time', () => {
    expect(stored(deployment)['spec']).toMatchObject({
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    });
  });
  it('that recreates has nothing to roll', () => {
    expect(stored(changed(deployment, 'spec.strategy.type', 'Recreate'))).toHaveProperty('spec.strategy', { type: 'Recreate' });
  });

  const rolling = (rollingUpdate: Loose): Loose => changed(deployment, 'spec.strategy.rollingUpdate', rollingUpdate);
  test.each<[string, Loose, string[]]>([
    [
      'without a selector',
      changed(deployment, 'spec.selector', undefined),
      [
        'spec.selector: Required value',
        'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
      ],
    ],
    [
      'whose selector selects all',
      changed(deployment, 'spec.selector', {}),
      ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    ],
    [
      'whose selector misses its pods',
      changed(deployment, 'spec.selector.matchLabels.app', 'other'),
      ['spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'],
    ],
    [
      'with fewer replicas than none',
      changed(deployment, 'spec.replicas', -1),
      ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'that could never move',
      rolling({ maxSurge: 0, maxUnavailable: '0%' }),
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
    ],
    [
      'that may lose more than all',
      rolling({ maxUnavailable: '150%' }),
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "150%": must not be greater than 100%'],
    ],
    [
      'that recreates and rolls',
      changed(rolling({ maxSurge: 1 }), 'spec.strategy.type', 'Recreate'),
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      'whose deadline comes too soon',
      changed(changed(deployment, 'spec.minReadySeconds', 60), 'spec.progressDeadlineSeconds', 60),
      ['spec.progressDeadlineSeconds: Invalid value: 60: must be greater than minReadySeconds'],
    ],
    [
      'whose pods end',
      changed(deployment, 'spec.template.spec.restartPolicy', 'Never'),
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
  ])('%s is refused', (_why, manifest, errors) => {
    expect(write(manifest).errors).toEqual(errors);
  });

  it.each([deployment, replicaset])('keeps its selector ($kind)', (manifest) => {
    const old = stored(manifest);
    const next = changed(changed(old, 'spec.selector.matchLabels.tier', 'a'), 'spec.template.metadata.labels.tier', 'a');
    expect(write(next, old).errors).toEqual(['spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"a"}}: field is immutable']);
  });
});

describe('a Job', () => {
  const uidLabels = {
    'batch.kubernetes.io/controller-uid': 'u-1',
    'batch.kubernetes.io/job-name': 'migrate',
    'controller-uid': 'u-1',
    'job-name': 'migrate',
  };
  it('runs once, by its own uid', () => {
    const object = stored(job);
    expect(object['spec']).toMatchObject({
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      manualSelector: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-1' } },
      template: {
        metadata: {
          labels: uidLabels,
        },
      },
    });
  });
  it('with parallelism alone has no fixed number of completions', () => {
    expect(stored(changed(job, 'spec.parallelism', 3))).not.toHaveProperty('spec.completions');
  });
  it('without labels takes those of its template', () => {
    const object = stored(changed(job, 'spec.template.metadata', { labels: { app: 'db' } }));
    expect(object.metadata.labels).toEqual({ ...uidLabels, app: 'db' });
  });
  it('finds pods as its user says when asked to', () => {
    const own = { ...template, spec: job.spec.template.spec };
    const spec = { manualSelector: true, selector: { matchLabels: { app: 'web' } }, template: own };
    expect(stored({ ...job, spec })).toHaveProperty('spec.selector', { matchLabels: { app: 'web' } });
  });
  test.each<[string, Loose, string[]]>([
    [
      'that never ends',
      changed(job, 'spec.template.spec.restartPolicy', undefined),
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      'of indexes without a number',
      changed(changed(job, 'spec.completionMode', 'Indexed'), 'spec.parallelism', 2),
      ['spec.completions: Required value: when completion mode is Indexed'],
    ],
    [
      'that counts failures of indexes which it has not',
      changed(job, 'spec.backoffLimitPerIndex', 1),
      ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode'],
    ],
  ])('%s is refused', (_why, manifest, errors) => {
    expect(write(manifest).errors).toEqual(errors);
  });

  const old = stored(job);
  test.each([
    ['template', 'spec.template.spec.containers.0.image', 'nginx:2', ['spec.template']],
    ['completions', 'spec.completions', 2, ['spec.completions']],
    ['parallelism', 'spec.parallelism', 5, []],
    ['suspend', 'spec.suspend', true, []],
    ['ttl', 'spec.ttlSecondsAfterFinished', 5, []],
  ])('that exists: %s', (_field, path, value, immutable) => {
    const { errors } = write(changed(old, path, value), old);
    expect(errors.map((error) => error.replace(/: Invalid value: .*: field is immutable$/, ''))).toEqual(immutable);
  });
  it('that is suspended and never ran may still be told where to run', () => {
    const suspended = stored(changed(job, 'spec.suspend', true));
    expect(write(changed(suspended, 'spec.template.spec.nodeSelector', { disk: 'ssd' }), suspended).errors).toEqual([]);
  });
});

describe('a HorizontalPodAutoscaler', () => {
  const hpa = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
  };
  it('looks at the CPU when it is not told at what', () => {
    expect(stored(hpa)['spec']).toMatchObject({
      minReplicas: 1,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
    });
    expect(stored(hpa)).not.toHaveProperty('spec.behavior');
  });
  it('whose behaviour is touched has the rest of it too', () => {
    expect(stored(changed(hpa, 'spec.behavior', { scaleUp: { stabilizationWindowSeconds: 5 } }))).toHaveProperty('spec.behavior', {
      scaleUp: {
        stabilizationWindowSeconds: 5,
        selectPolicy: 'Max',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ],
      },
      scaleDown: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    });
  });
  test.each<[string, Loose, string[]]>([
    [
      'min above max',
      changed(hpa, 'spec.minReplicas', 4),
      ['spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`'],
    ],
    ['no target', changed(hpa, 'spec.scaleTargetRef.name', ''), ['spec.scaleTargetRef.name: Required value']],
    [
      'a metric of no kind',
      changed(hpa, 'spec.metrics', [{ type: 'Moon' }]),
      // Upstream says it twice.
      [
        'spec.metrics[0].type: Unsupported value: "Moon": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
        'spec.metrics[0].type: Unsupported value: "Moon": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
      ],
    ],
    [
      'a metric without a source',
      changed(hpa, 'spec.metrics', [{ type: 'Pods' }]),
      ['spec.metrics[0].pods: Required value: must populate information for the given metric source'],
    ],
  ])('is refused: %s', (_why, manifest, errors) => {
    expect(write(manifest).errors).toEqual(errors);
  });
});
