import { describe, expect, test } from 'vitest';
import { conditionsOf } from '../../src/agent/node-conditions.ts';
import { statesOf } from '../../src/agent/container-state.ts';
import { podStatus, type StatusFacts } from '../../src/agent/pod-status.ts';
import type { Pod, PodCondition } from '../../src/api/kinds.generated.ts';

const now = '2026-01-01T00:00:00Z';
const container = (name: string) => ({ name, image: 'i' });
const pod = (spec: Partial<NonNullable<Pod['spec']>> = {}, conditions: PodCondition[] = []): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default' },
  spec: { containers: [container('a'), container('b')], ...spec },
  status: { conditions },
});
/** Ready, ContainersReady and Initialized, as a kubelet says them. */
function words(of: Pod, facts: { ready?: readonly string[]; finished?: StatusFacts['finished'] }): string[] {
  const states = statesOf(of, []).map((state) => ({ ...state, ready: facts.ready?.includes(state.name) === true }));
  const { conditions = [] } = podStatus(of, {
    ...{ states, addresses: ['10.0.0.1'], hostAddress: '10.0.0.2', runtimeName: 'r', now },
    ...(facts.finished === undefined ? {} : { finished: facts.finished }),
  });
  return conditions
    .filter(({ type }) => ['Initialized', 'Ready', 'ContainersReady'].includes(type))
    .map(({ type, status, reason = '-', message = '-' }) => `${type}=${status} ${reason}: ${message}`);
}
const gates = ['example.com/one', 'example.com/two'].map((conditionType) => ({ conditionType }));

/** As pkg/kubelet/status/generate.go of v1.35. */
describe('the conditions of a pod say', () => {
  test.each<[string, Pod, Parameters<typeof words>[1], string[]]>([
    ['that all is well', pod(), { ready: ['a', 'b'] }, ['Initialized=True -: -', 'Ready=True -: -', 'ContainersReady=True -: -']],
    [
      'which containers are not ready',
      pod(),
      { ready: ['b'] },
      [
        'Initialized=True -: -',
        'Ready=False ContainersNotReady: containers with unready status: [a]',
        'ContainersReady=False ContainersNotReady: containers with unready status: [a]',
      ],
    ],
    [
      'which have not made it ready to begin',
      pod({ initContainers: [container('x'), container('y')] }),
      {},
      [
        'Initialized=False ContainersNotInitialized: containers with incomplete status: [x y]',
        'Ready=False ContainersNotReady: containers with unready status: [a b]',
        'ContainersReady=False ContainersNotReady: containers with unready status: [a b]',
      ],
    ],
    [
      'which gates hold it back',
      pod({ readinessGates: gates }, [{ type: 'example.com/two', status: 'False' }]),
      { ready: ['a', 'b'] },
      [
        'Initialized=True -: -',
        'Ready=False ReadinessGatesNotReady: corresponding condition of pod readiness gate "example.com/one" does not exist., ' +
          'the status of pod readiness gate "example.com/two" is not "True", but False',
        'ContainersReady=True -: -',
      ],
    ],
    [
      'that it is done',
      pod(),
      { finished: { phase: 'Succeeded' } },
      ['Initialized=True PodCompleted: -', 'Ready=False PodCompleted: -', 'ContainersReady=False PodCompleted: -'],
    ],
    [
      'that it has failed',
      pod(),
      { finished: { phase: 'Failed' } },
      ['Initialized=True -: -', 'Ready=False PodFailed: -', 'ContainersReady=False PodFailed: -'],
    ],
  ])('%s', (_what, of, facts, expected) => expect(words(of, facts)).toEqual(expected));
});

/** As pkg/kubelet/nodestatus/setters.go of v1.35. */
test('a node says in its conditions how it is', () => {
  const of = (short: boolean) =>
    conditionsOf({}, { memory: short, disk: short, pids: short }).map(
      ({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`,
    );
  expect(of(false)).toEqual([
    'MemoryPressure=False KubeletHasSufficientMemory: kubelet has sufficient memory available',
    'DiskPressure=False KubeletHasNoDiskPressure: kubelet has no disk pressure',
    'PIDPressure=False KubeletHasSufficientPID: kubelet has sufficient PID available',
    'Ready=True KubeletReady: kubelet is posting ready status',
  ]);
  expect(of(true).slice(0, 3)).toEqual([
    'MemoryPressure=True KubeletHasInsufficientMemory: kubelet has insufficient memory available',
    'DiskPressure=True KubeletHasDiskPressure: kubelet has disk pressure',
    'PIDPressure=True KubeletHasInsufficientPID: kubelet has insufficient PID available',
  ]);
});
