import { describe, expect, it, test } from 'vitest';
import { statesOf, type ContainerState } from '../../src/agent/container-state.ts';
import { backoffMs, failuresBehind } from '../../src/agent/crash-backoff.ts';
import { decide, failuresAfter } from '../../src/agent/decide.ts';
import type { Pod } from '../../src/api/kinds.generated.ts';

type Spec = NonNullable<Pod['spec']>;
function pod(spec: Partial<Spec>, status: Pod['status'] = {}): Pod {
  const containers = [{ name: 'main', image: 'i' }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n', uid: 'u' }, spec: { containers, ...spec }, status };
}
function ended(code: number, ranMs = 1000): NonNullable<ContainerState['terminated']> {
  const at = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
  return { exit: { code, finishedAt: at(ranMs) }, id: 'x', startedAt: at(0), reason: code === 0 ? 'Completed' : 'Error' };
}
function states(of: Pod, changes: Record<string, Partial<ContainerState>>): ContainerState[] {
  return statesOf(of, []).map((state) => ({ ...state, ...changes[state.name] }));
}
const running = { running: { id: 'r' } as ContainerState['running'], launchedOnce: true };

describe('what a pod needs', () => {
  it('starts every container of a pod without init containers', () => {
    const two = pod({ containers: [{ name: 'a' }, { name: 'b' }] });
    expect(decide(two, statesOf(two, []), 0)).toEqual({ start: ['a', 'b'], backingOff: [] });
  });
  it('runs init containers one after the other, then the rest', () => {
    const staged = pod({ initContainers: [{ name: 'i1' }, { name: 'i2' }] });
    expect(decide(staged, states(staged, {}), 0).start).toEqual(['i1']);
    expect(decide(staged, states(staged, { i1: running }), 0).start).toEqual([]);
    expect(decide(staged, states(staged, { i1: { terminated: ended(0) } }), 0).start).toEqual(['i2']);
    expect(decide(staged, states(staged, { i1: { terminated: ended(0) }, i2: { terminated: ended(0) } }), 0).start).toEqual(['main']);
  });
  it('goes on behind a sidecar once it has started', () => {
    const sided = pod({ initContainers: [{ name: 'side', restartPolicy: 'Always' }] });
    expect(decide(sided, states(sided, { side: running }), 0).start).toEqual([]);
    expect(decide(sided, states(sided, { side: { ...running, started: true } }), 0).start).toEqual(['main']);
    expect(decide(sided, states(sided, { side: { terminated: ended(1) }, main: running }), 0).start).toEqual(['side']);
  });
  it('fails a pod whose init container failed and may not be restarted', () => {
    const strict = pod({ restartPolicy: 'Never', initContainers: [{ name: 'i1' }] });
    expect(decide(strict, states(strict, { i1: { terminated: ended(3) } }), 0).finished).toBe('Failed');
  });
  test.each([
    ['Always', 0, undefined, ['main']],
    ['Always', 1, undefined, ['main']],
    ['OnFailure', 1, undefined, ['main']],
    ['OnFailure', 0, 'Succeeded', []],
    ['Never', 0, 'Succeeded', []],
    ['Never', 1, 'Failed', []],
  ] as const)('with restartPolicy %s an exit of %i gives %s', (restartPolicy, code, finished, start) => {
    const one = pod({ restartPolicy });
    const decision = decide(one, states(one, { main: { terminated: ended(code) } }), 0);
    expect([decision.finished, decision.start]).toEqual([finished, start]);
  });
  it('waits for the back-off and says until when', () => {
    const one = pod({});
    const decision = decide(one, states(one, { main: { terminated: ended(1), retryAtMs: 5000 } }), 1000);
    expect(decision).toEqual({ start: [], backingOff: [{ name: 'main', untilMs: 5000 }], wakeAtMs: 5000 });
  });
  it('fails a pod at its active deadline, and wakes up for it', () => {
    const limited = pod({ activeDeadlineSeconds: 60 }, { startTime: '2026-01-01T00:00:00Z' });
    const start = Date.UTC(2026, 0, 1);
    expect(decide(limited, states(limited, { main: running }), start).wakeAtMs).toBe(start + 60_000);
    expect(decide(limited, states(limited, { main: running }), start + 60_000)).toMatchObject({
      finished: 'Failed',
      reason: 'DeadlineExceeded',
    });
  });
});

describe('the restart back-off', () => {
  test.each([
    [1, 0],
    [2, 10_000],
    [3, 20_000],
    [4, 40_000],
    [7, 300_000],
    [50, 300_000],
  ])('after %i failures in a row is %i ms', (failures, ms) => {
    expect(backoffMs(failures)).toBe(ms);
  });
  it('is read back from its length', () => {
    expect([10_000, 20_000, 160_000, 300_000].map((ms) => backoffMs(failuresBehind(ms)))).toEqual([10_000, 20_000, 160_000, 300_000]);
  });
  it('is forgotten after a run of ten minutes', () => {
    expect(failuresAfter({ failures: 5, terminated: ended(1, 600_000) })).toBe(1);
    expect(failuresAfter({ failures: 5, terminated: ended(1, 599_000) })).toBe(6);
  });
});

describe('an agent that starts again', () => {
  it('takes up restart counts and the last end from the status', () => {
    const status = {
      containerStatuses: [
        {
          name: 'main',
          image: 'i',
          imageID: 'id',
          restartCount: 4,
          ready: false,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 2, reason: 'Error' } },
        },
      ],
    };
    const [state] = statesOf(pod({}, status), []);
    expect(state).toMatchObject({ restarts: 4, launchedOnce: true, terminated: { exit: { code: 2 } } });
  });
  it('goes on with a back-off that was under way', () => {
    const message = 'back-off 2m40s restarting failed container=main pod=p_n(u)';
    const lastState = { terminated: { exitCode: 2, reason: 'Error', finishedAt: '2026-01-01T00:00:00Z' } };
    const state = { waiting: { reason: 'CrashLoopBackOff', message } };
    const status = { containerStatuses: [{ name: 'main', image: 'i', imageID: 'id', restartCount: 4, ready: false, state, lastState }] };
    expect(statesOf(pod({}, status), [])[0]).toMatchObject({ failures: 6, retryAtMs: Date.UTC(2026, 0, 1, 0, 2, 40) });
  });
  const found = (id: string, attempt: number) => [{ id, container: 'main', attempt } as unknown as NonNullable<ContainerState['running']>];
  const of = (state: object, lastState: object = {}) => ({
    containerStatuses: [{ name: 'main', image: 'i', imageID: '', restartCount: 1, ready: true, started: true, state, lastState }],
  });
  const end = (id: string) => ({
    terminated: { exitCode: 3, reason: 'Error', containerID: `process://${id}`, finishedAt: '2026-01-01T00:00:00Z' },
  });
  it('knows a run whose end is told already, and one that is newer than what is told', () => {
    const told = of({ waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting x' } }, end('b'));
    expect(statesOf(pod({}, told), found('b', 1))[0]).toMatchObject({
      running: undefined,
      ended: { id: 'b' },
      terminated: { id: 'b', exit: { code: 3 } },
      restarts: 1,
      retryAtMs: Date.UTC(2026, 0, 1, 0, 0, 10),
    });
    const running = { ...of({ running: { startedAt: '2026-01-01T00:00:00Z' } }) };
    Object.assign(running.containerStatuses[0] as object, { containerID: 'process://b' });
    expect(statesOf(pod({}, running), found('b', 1))[0]).toMatchObject({
      running: { id: 'b' },
      terminated: undefined,
      started: true,
      ready: true,
    });
    const newer = of(end('b'));
    expect(statesOf(pod({}, newer), found('c', 2))[0]).toMatchObject({
      running: { id: 'c' },
      terminated: undefined,
      last: { id: 'b' },
      restarts: 2,
      ready: false,
    });
  });
  it('takes a run that the runtime lost as ended with 137', () => {
    const running = { startedAt: '2026-01-01T00:00:00Z' };
    const status = { containerStatuses: [{ name: 'main', image: 'i', imageID: '', restartCount: 0, ready: true, state: { running } }] };
    const [state] = statesOf(pod({}, status), []);
    expect(state?.terminated).toMatchObject({ exit: { code: 137 }, reason: 'ContainerStatusUnknown' });
  });
});
