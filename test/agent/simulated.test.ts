import { describe, expect, it, test } from 'vitest';
import { scriptOf } from '../../src/agent/runtimes/simulated-script.ts';
import { simulatedRuntime } from '../../src/agent/runtimes/simulated.ts';
import { expand } from '../../src/agent/launch/environment.ts';
import type { Pod } from '../../src/api/kinds.generated.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';

function pod(annotations: Record<string, string> = {}, spec: Partial<NonNullable<Pod['spec']>> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', uid: 'u', annotations },
    spec: { containers: [{ name: 'main', image: 'i' }], ...spec },
  };
}
const prefix = 'simulated.steersman.dev/';
const launch = {
  container: 'main',
  image: 'i',
  command: [],
  env: {},
  workingDir: '',
  tty: false,
  stdin: false,
  mounts: [],
  limits: {},
  logFile: '',
  attempt: 0,
};
const never = new AbortController().signal;

describe('a script', () => {
  it('lets a container that is restarted always run for ever, and others end by themselves', () => {
    expect(scriptOf(pod(), 'main', 0).runMs).toBe(Infinity);
    expect(scriptOf(pod({}, { restartPolicy: 'Never' }), 'main', 0).runMs).toBe(1000);
    expect(scriptOf(pod({}, { initContainers: [{ name: 'init' }] }), 'init', 0).runMs).toBe(100);
  });
  it('reads an annotation for one container before that for all', () => {
    const script = scriptOf(pod({ [`${prefix}ready`]: '1s', [`${prefix}ready.main`]: 'never' }), 'main', 0);
    expect(script.readyMs).toBe(Infinity);
  });
  it('fails only the attempts it is told to fail', () => {
    const flaky = pod({ [`${prefix}exit`]: '7', [`${prefix}exit-attempts`]: '2' });
    expect([0, 1, 2].map((attempt) => scriptOf(flaky, 'main', attempt).exitCode)).toEqual([7, 7, 0]);
  });
  test.each([
    ['start', 'soon', 'annotation simulated.steersman.dev/start: "soon" is not a duration: write it like 30s, 5m or 1h30m'],
    ['exit', '-1', 'annotation simulated.steersman.dev/exit: "-1" is not a number from 0 to 999'],
  ])('refuses %s: %s', (what, value, message) => {
    expect(() => scriptOf(pod({ [prefix + what]: value }), 'main', 0)).toThrow(message);
  });
});

describe('a simulated container', () => {
  it('runs for its time on the clock and leaves its exit code', async () => {
    const clock = new SimulatedClock();
    const runtime = simulatedRuntime({ clock, random: seededRandom(1) });
    const sandbox = await runtime.openSandbox(pod({ [`${prefix}run`]: '5s', [`${prefix}exit`]: '3' }), never);
    const container = await sandbox.start(launch, never);
    let exit: unknown;
    void container.exited.then((found) => (exit = found));
    await clock.advance(4999);
    expect(exit).toBeUndefined();
    await clock.advance(1);
    expect(exit).toEqual({ code: 3, finishedAt: '2026-01-01T00:00:05Z' });
  });
  it('goes on where it was when the runtime starts again with the status of its pod', async () => {
    const clock = new SimulatedClock();
    const state = { running: { startedAt: '2026-01-01T00:00:00Z' } };
    const status = {
      podIP: '10.244.0.9',
      containerStatuses: [{ name: 'main', image: 'i', imageID: '', restartCount: 0, ready: true, containerID: 'simulated://c1', state }],
    };
    await clock.advance(3000);
    const runtime = simulatedRuntime({ clock, random: seededRandom(1) });
    const sandbox = await runtime.openSandbox({ ...pod({ [`${prefix}run`]: '5s' }), status }, never);
    expect(sandbox.addresses).toEqual(['10.244.0.9']);
    const [container] = sandbox.containers;
    expect(container?.id).toBe('c1');
    let ended = false;
    void container?.exited.then(() => (ended = true));
    await clock.advance(2000);
    expect(ended).toBe(true);
  });
  it('takes its time to stop, and is killed when that is longer than the grace', async () => {
    const clock = new SimulatedClock();
    const runtime = simulatedRuntime({ clock, random: seededRandom(1) });
    const sandbox = await runtime.openSandbox(pod({ [`${prefix}stop`]: '10s' }), never);
    const container = await sandbox.start(launch, never);
    const stopped = container.stop(2000);
    await clock.advance(2000);
    expect(await stopped).toEqual({ code: 137, signal: 'SIGKILL', finishedAt: '2026-01-01T00:00:02Z' });
  });
  it('writes its script to the log, then a line each interval while followed', async () => {
    const clock = new SimulatedClock();
    const runtime = simulatedRuntime({ clock, random: seededRandom(1) });
    const sandbox = await runtime.openSandbox(pod({ [`${prefix}log`]: 'a\nb', [`${prefix}log-every`]: '1s' }), never);
    const container = await sandbox.start(launch, never);
    const lines: string[] = [];
    const reading = (async () => {
      for await (const record of container.logs({ follow: true, signal: never })) lines.push(`${record.time} ${record.line}`);
    })();
    await clock.advance(2000);
    const stopping = container.stop(0);
    await clock.advance(0);
    await Promise.all([reading, stopping]);
    expect(lines).toEqual([
      '2026-01-01T00:00:00.000000000Z a',
      '2026-01-01T00:00:00.000000000Z b',
      '2026-01-01T00:00:01.000000000Z main line 1',
      '2026-01-01T00:00:02.000000000Z main line 2',
    ]);
  });
});

test.each([
  ['$(A) and $(B)', '1 and $(B)'],
  ['$$(A) $$', '$(A) $'],
  ['$(A', '$(A'],
])('expands %s to %s', (text, expanded) => {
  expect(expand(text, { A: '1' })).toBe(expanded);
});
