import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/api/kinds.generated.ts';
import { inDeletionOrder } from '../../src/controllers/pods/ranking.ts';
import { msUntilAvailable } from '../../src/controllers/pods/pod-state.ts';
import { slowStart } from '../../src/controllers/pods/slow-start.ts';
import { evictionTime, tolerates } from '../../src/controllers/nodes/tolerations.ts';
import { templateHash, sameTemplate } from '../../src/controllers/deployment/template-hash.ts';

const now = Date.UTC(2026, 0, 2);
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();

interface Sketch {
  node?: string;
  phase?: string;
  /** Seconds. */
  readyFor?: number;
  cost?: string;
  restarts?: number;
  age?: number;
}
const pod = (name: string, { node = 'n1', phase = 'Running', readyFor, cost, restarts = 0, age = 1000 }: Sketch): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    uid: name,
    creationTimestamp: ago(age),
    ...(cost === undefined ? {} : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
  },
  spec: { containers: [], nodeName: node },
  status: {
    phase,
    conditions: readyFor === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: ago(readyFor) }],
    containerStatuses: [{ name: 'c', image: '', imageID: '', ready: readyFor !== undefined, restartCount: restarts }],
  },
});

describe('which pods are deleted first', () => {
  it.each<[string, Sketch, Sketch]>([
    ['one without a node before one with', { node: '', readyFor: 100 }, { readyFor: 1 }],
    ['a pending one before a running one', { phase: 'Pending' }, { phase: 'Running' }],
    ['one of unknown phase before a running one', { phase: 'Unknown' }, { phase: 'Running' }],
    ['one that is not ready before one that is', {}, { readyFor: 1 }],
    ['one of lower cost before one of higher', { readyFor: 500, cost: '-1' }, { readyFor: 1 }],
    ['one whose cost is no number counts as 0', { readyFor: 1, cost: 'x' }, { readyFor: 1, cost: '1' }],
    ['one that shares its node before one alone', { readyFor: 500, node: 'crowded' }, { readyFor: 1, node: 'lonely' }],
    ['one that was ready for a shorter time', { readyFor: 10 }, { readyFor: 1000 }],
    ['one with more restarts', { restarts: 3 }, { restarts: 1 }],
    ['a younger one', { age: 10 }, { age: 1000 }],
  ])('%s', (_, first, second) => {
    const [a, b] = [pod('first', first), pod('second', second)];
    const related = [a, b, pod('other', { node: 'crowded' })];
    expect(inDeletionOrder([b, a], related, now).map((each) => each.metadata.name)).toEqual(['first', 'second']);
  });

  it('times of one order of magnitude count as equal, and the uid decides', () => {
    const pods = [pod('b', { readyFor: 1000 }), pod('a', { readyFor: 900 })];
    expect(inDeletionOrder(pods, [], now).map((each) => each.metadata.name)).toEqual(['a', 'b']);
  });
});

describe('slow start', () => {
  it.each([
    [0, []],
    [1, [1]],
    [7, [1, 2, 4]],
    [10, [1, 2, 4, 3]],
  ])('%i calls go in batches of %j', async (count, batches) => {
    const seen: number[] = [];
    let running = 0;
    let done = 0;
    const result = await slowStart(count, async () => {
      running++;
      await Promise.resolve();
      await Promise.resolve();
      if (running > 0) seen.push(running);
      running = 0;
      done++;
    });
    expect({ batches: seen, done, result }).toEqual({ batches, done: count, result: { succeeded: count, failures: [] } });
  });

  it('stops after the batch in which one fails', async () => {
    let calls = 0;
    const result = await slowStart(500, () => (++calls === 3 ? Promise.reject(new Error('quota')) : Promise.resolve()));
    expect({ calls, succeeded: result.succeeded, failures: result.failures.map((error) => error.message) }).toEqual({
      calls: 3,
      succeeded: 2,
      failures: ['quota'],
    });
  });
});

it.each([
  [undefined, 0, Infinity],
  [5, 0, 0],
  [5, 10, 5000],
  [15, 10, 0],
])('a pod that is ready for %s s is available after %i s in %s ms', (readyFor, minReady, ms) => {
  expect(msUntilAvailable(pod('p', readyFor === undefined ? {} : { readyFor }), minReady, now)).toBe(ms);
});

describe('tolerations', () => {
  const taint = { key: 'k', value: 'v', effect: 'NoExecute' } as const;
  it.each([
    [{}, false],
    [{ operator: 'Exists' }, true],
    [{ key: 'k', operator: 'Exists' }, true],
    [{ key: 'k', value: 'v' }, true],
    [{ key: 'k', operator: 'Equal', value: 'w' }, false],
    [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }, false],
    [{ key: 'other', operator: 'Exists' }, false],
  ] as const)('%j: %s', (toleration, expected) => {
    expect(tolerates(toleration, taint)).toBe(expected);
  });

  it.each([
    ['a taint of an operator, not tolerated', [], [taint], 0],
    [
      'counted from the taint',
      [{ operator: 'Exists', tolerationSeconds: 300 }],
      [{ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute', timeAdded: ago(100) }],
      200_000,
    ],
    ['for ever', [{ operator: 'Exists' }], [taint], Infinity],
    [
      'the shortest of several taints, of each the first toleration',
      [
        { key: 'k', operator: 'Exists', tolerationSeconds: 30 },
        { operator: 'Exists', tolerationSeconds: 60 },
        { operator: 'Exists', tolerationSeconds: 5 },
      ],
      [
        { key: 'other', effect: 'NoExecute', timeAdded: ago(10) },
        { ...taint, timeAdded: ago(10) },
      ],
      20_000,
    ],
  ] as const)('%s', (_, tolerations, taints, afterMs) => {
    const subject = pod('p', {});
    subject.spec.tolerations = tolerations.map((each) => ({ ...each }));
    expect(evictionTime(subject, taints, now) - now).toBe(afterMs);
  });
});

describe('the hash of a template', () => {
  const template = { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };

  it('does not depend on the order of keys, and is a name', () => {
    expect(templateHash({ spec: { containers: [{ image: 'i', name: 'c' }] }, metadata: { labels: { b: '2', a: '1' } } })).toBe(
      templateHash(template),
    );
    expect(templateHash(template)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  });
  it('differs with the template and with the collision count', () => {
    const hashes = [
      templateHash(template),
      templateHash(template, 1),
      templateHash(template, 2),
      templateHash({ ...template, metadata: {} }),
    ];
    expect(new Set(hashes).size).toBe(4);
  });
  it.each([
    [{ ...template, metadata: { labels: { a: '1', b: '2', 'pod-template-hash': 'x' } } }, true],
    [{ ...template, metadata: { labels: { a: '1', b: '2' }, annotations: {} } }, true],
    [{ ...template, metadata: { labels: { a: '1' } } }, false],
    [{ ...template, spec: { containers: [{ name: 'c', image: 'j' }] } }, false],
  ])('a template is compared without it: %j', (other, same) => {
    expect(sameTemplate(template, other)).toBe(same);
  });
});
