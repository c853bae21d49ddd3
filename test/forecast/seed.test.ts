import { expect, test } from 'vitest';
import { deploymentOf, serviceOf } from '../controllers/workloads.ts';
import { roomyNodes } from '../../src/forecast/nodes.ts';
import { forecastOf } from './merges.ts';

/** Pods of a base that was not brought up: no script says when they are ready. */
const plain = (image: string, replicas = 3) => ({
  ...deploymentOf('web', { image, replicas }),
  spec: { ...deploymentOf('web', { image, replicas }).spec, template: { metadata: { labels: { app: 'web' } }, spec: specOf(image) } },
});
function specOf(image: string) {
  return { containers: [{ name: 'main', image, readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 } }] };
}

test.each([
  ['an image', [plain('web:1'), serviceOf('web')], [plain('web:2'), serviceOf('web')]],
  ['fewer replicas', [plain('web:1', 5)], [plain('web:1', 2)]],
  ['its removal', [plain('web:1'), serviceOf('web')], [serviceOf('web')]],
])('a base that is written as it stands at rest has the same forecast as one that was brought up: %s', async (_what, base, head) => {
  const written = await forecastOf({ base, head });
  const broughtUp = await forecastOf({ base, head, nodes: roomyNodes([]) });
  const shown = ({ rollouts, findings }: typeof written) => ({
    findings: findings.map(({ rule, severity }) => `${severity} ${rule}`),
    rollouts: rollouts.map(({ timeline, worst, startMs: _start, endMs: _end, ...rest }) => ({
      ...rest,
      worst: worst.available,
      counts: timeline.map(({ updated, available, total }) => [updated, available, total]),
    })),
  });
  expect(shown(written)).toEqual(shown(broughtUp));
  expect(written.rollouts).toHaveLength(1);
});
