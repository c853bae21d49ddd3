import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/api/kinds.generated.ts';
import { Rota } from '../../src/controllers/daemonset/rota.ts';
import { judgeNode, type NodeFacts, type Ruler } from '../../src/controllers/daemonset/verdict.ts';

const now = Date.UTC(2026, 0, 1, 0, 1);
const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString().replace('.000', '');
interface Is {
  readonly hash?: string;
  readonly ready?: number;
  readonly phase?: string;
  readonly going?: true;
  readonly born?: number;
  readonly waits?: true;
}
/** Ready since a second of that minute, or not at all; of revision `new` unless it says so. */
function pod(name: string, { hash = 'new', ready, phase = 'Running', going, born = 0, waits }: Is = {}): Pod {
  const conditions = ready === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: at(ready) }];
  const metadata = { name, labels: { 'controller-revision-hash': hash }, creationTimestamp: at(born) };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, ...(going && { deletionTimestamp: at(50) }) },
    spec: { containers: [], ...(waits ? {} : { nodeName: 'n' }) },
    status: { phase, conditions },
  };
}
const ruler: Ruler = { hash: 'new', surge: false, minReadySeconds: 0, now };
const both = { runs: true, stays: true };
function judge(pods: readonly Pod[], how: Partial<Ruler> = {}, facts: Partial<NodeFacts> = {}) {
  const verdict = judgeNode({ known: true, eligible: both, pods, backoffUntil: 0, ...facts }, { ...ruler, ...how });
  const marks = Object.fromEntries([...verdict.marks].map(([mark, on]) => [mark, on.map(({ metadata }) => metadata.name)]));
  return { counts: [...verdict.counts].join(' '), marks, againAt: verdict.againAt };
}
const old = { hash: 'old', ready: 1 };
const surge = { surge: true };

describe('a node that should run a pod', () => {
  it.each<[string, readonly Pod[], Partial<Ruler>, string, Record<string, string[]>]>([
    ['has none', [], {}, 'desired unavailable', { create: [] }],
    ['has its pod', [pod('a', { ready: 1 })], {}, 'desired scheduled ready available updated', {}],
    ['has a pod that is not ready', [pod('a')], {}, 'desired scheduled updated unavailable', {}],
    [
      'has two: the younger goes',
      [pod('b', { ready: 1, born: 5 }), pod('a', { ready: 1 })],
      {},
      'desired scheduled ready available updated unavailable',
      { remove: ['b'] },
    ],
    [
      'has a pod that goes: nothing comes before it is gone',
      [pod('a', { ready: 1, going: true })],
      {},
      'desired scheduled ready available updated unavailable',
      {},
    ],
    ['has a pod that has failed', [pod('a', { phase: 'Failed' })], {}, 'desired scheduled updated unavailable', { failed: ['a'] }],
    ['has a pod that has ended', [pod('a', { phase: 'Succeeded' })], {}, 'desired scheduled updated unavailable', { succeeded: ['a'] }],
    [
      'has one that has ended and goes: that is nobody',
      [pod('a', { phase: 'Failed', going: true })],
      {},
      'desired unavailable',
      { create: [] },
    ],
    ['has an old pod', [pod('a', old)], {}, 'desired scheduled ready available', { candidate: ['a'] }],
    ['has an old pod that is not ready', [pod('a', { hash: 'old' })], {}, 'desired scheduled unavailable', { replace: ['a'] }],
    ['has an old pod, and may surge', [pod('a', old)], surge, 'desired scheduled ready available up', { surge: ['a'] }],
    ['has an old pod that is not ready, and may surge', [pod('a', { hash: 'old' })], surge, 'desired scheduled', { surgeNow: ['a'] }],
    ['surges', [pod('a', old), pod('b', { born: 5 })], surge, 'desired scheduled ready available up surging', {}],
    [
      'has surged',
      [pod('a', old), pod('b', { born: 5, ready: 9 })],
      surge,
      'desired scheduled ready available up',
      { remove: ['a'], outdated: ['a'] },
    ],
    [
      'surges in vain: the old one is down too',
      [pod('a', { hash: 'old' }), pod('b', { born: 5 })],
      surge,
      'desired scheduled surging',
      { remove: ['a'] },
    ],
    ['may surge while its pod goes', [pod('a', { ...old, going: true })], surge, 'desired scheduled ready available', { create: [] }],
  ])('%s', (...[, pods, how, counts, marks]) => {
    expect(judge(pods, how)).toEqual({ counts, marks, againAt: Infinity });
  });

  it('waits for minReadySeconds, and says until when', () => {
    expect(judge([pod('a', { ready: 50 })], { minReadySeconds: 30 })).toEqual({
      counts: 'desired scheduled ready updated unavailable',
      marks: {},
      againAt: now + 20_000,
    });
  });

  it('keeps a pod that has failed as long as the back-off says', () => {
    const { marks, againAt } = judge([pod('a', { phase: 'Failed' })], {}, { backoffUntil: now + 4000 });
    expect([marks, againAt]).toEqual([{}, now + 4000]);
  });
});

describe('a node that should not run a pod', () => {
  const stays = { eligible: { runs: false, stays: true } };
  const goes = { eligible: { runs: false, stays: false } };
  it.each<[string, readonly Pod[], Partial<Ruler>, Partial<NodeFacts>, string, Record<string, string[]>]>([
    ['has none', [], {}, goes, '', {}],
    ['has one that may stay', [pod('a', { ready: 1 })], {}, stays, 'misscheduled', {}],
    ['has one that may not', [pod('a', { ready: 1 })], {}, goes, 'misscheduled', { remove: ['a'] }],
    ['has an old one that may stay until others are there', [pod('a', old)], surge, stays, 'misscheduled up', { sunset: ['a'] }],
    ['is gone, with a pod that waits for it', [pod('a', { waits: true })], {}, { ...goes, known: false }, 'unavailable', { remove: ['a'] }],
  ])('%s', (...[, pods, how, facts, counts, marks]) => {
    expect(judge(pods, how, facts)).toEqual({ counts, marks, againAt: Infinity });
  });
});

describe('the account of all nodes', () => {
  const verdict = (pods: readonly Pod[], how: Partial<Ruler> = {}) =>
    judgeNode({ known: true, eligible: both, pods, backoffUntil: 0 }, { ...ruler, ...how });

  it('sums up what there is, and takes back what a node was before', () => {
    const rota = new Rota();
    rota.set('a', verdict([]));
    rota.set('b', verdict([pod('b', old)]));
    expect([rota.count('desired'), rota.count('scheduled'), rota.nodes('create', 9), rota.pods('candidate', 9).length]).toEqual([
      2,
      1,
      ['a'],
      1,
    ]);
    rota.set('a', verdict([pod('a', { ready: 1 })]));
    rota.set('b', undefined);
    expect([rota.count('desired'), rota.count('updated'), rota.nodes('create', 9), rota.pods('candidate', 9)]).toEqual([1, 1, [], []]);
  });

  it('answers as many as are asked for', () => {
    const rota = new Rota();
    for (const name of ['a', 'b', 'c']) rota.set(name, verdict([]));
    expect([rota.nodes('create', 2), rota.nodes('create', 0)]).toEqual([['a', 'b'], []]);
  });

  it('knows which nodes time changes, and when', () => {
    const rota = new Rota();
    rota.set('a', verdict([pod('a', { ready: 50 })], { minReadySeconds: 30 }));
    expect([rota.due(now), rota.msUntilDue(now), rota.due(now + 20_000)]).toEqual([[], 20_000, ['a']]);
    rota.set('a', verdict([pod('a', { ready: 50 })]));
    expect([rota.due(now + 20_000), rota.msUntilDue(now)]).toEqual([[], Infinity]);
  });
});
