import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { answerLogs, type FindWorker } from '../../src/agent/logs.ts';
import { runsOf } from '../../src/agent/pod-runs.ts';
import { statesOf } from '../../src/agent/container-state.ts';
import type { LogRecord, RunningContainer } from '../../src/agent/runtime.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import type { Pod } from '../../src/api/kinds.generated.ts';

const record = (second: number, line: string, stream: LogRecord['stream'] = 'stdout'): LogRecord => ({
  time: `2026-01-01T00:00:0${second}.000000000Z`,
  stream,
  line,
});
const records = [record(0, 'zero'), record(1, 'one', 'stderr'), record(2, 'two'), record(3, 'three', 'stderr')];
const saying = (lines: readonly LogRecord[]): RunningContainer =>
  ({
    logs: async function* () {
      for (const line of lines) yield Promise.resolve(line);
    },
  }) as unknown as RunningContainer;

let clock: SimulatedClock;
beforeEach(async () => {
  clock = new SimulatedClock();
  await clock.advance(4000);
});
afterEach(() => expect(clock.pending().all).toBe(0));

const find = (waiting = 'ContainerCreating', run: RunningContainer | undefined = saying(records)): FindWorker => {
  const runs = () => ({ current: run === undefined ? {} : { run }, previous: { run: saying([record(0, 'before')]) }, waiting });
  return (_namespace, name) =>
    Promise.resolve(name === 'p' ? ({ runs, pod: { metadata: { name } } } as unknown as Awaited<ReturnType<FindWorker>>) : undefined);
};
async function read(query: string, by = find(), path = '/containerLogs/d/p/main'): Promise<string> {
  const answer = await answerLogs({ method: 'GET', path, query, headers: {} }, by, { clock });
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('the log of a container', () => {
  test.each([
    ['', 'zero\none\ntwo\nthree\n'],
    ['tailLines=2', 'two\nthree\n'],
    ['tailLines=0', ''],
    ['tailLines=3&follow=true', 'one\ntwo\nthree\n'],
    ['sinceSeconds=2', 'two\nthree\n'],
    ['sinceTime=2026-01-01T00:00:03Z', 'three\n'],
    ['limitBytes=6', 'zero\no'],
    ['tailLines=1&timestamps=true', '2026-01-01T00:00:03.000000000Z three\n'],
    ['stream=Stdout', 'zero\ntwo\n'],
    ['stream=Stderr&sinceSeconds=2', 'three\n'],
    ['stream=All', 'zero\none\ntwo\nthree\n'],
    ['previous=true', 'before\n'],
  ])('asked for with %j', async (query, text) => {
    expect(await read(query)).toBe(text);
  });
  test.each([
    ['ContainerCreating', 'container "main" in pod "p" is waiting to start: ContainerCreating'],
    ['ImagePullBackOff', 'container "main" in pod "p" is waiting to start: trying and failing to pull image'],
  ])('that has not begun, for %s', async (waiting, message) => {
    const by: FindWorker = () =>
      ({ runs: () => ({ current: {}, previous: {}, waiting }), pod: { metadata: { name: 'p' } } }) as unknown as ReturnType<FindWorker>;
    await expect(read('', by)).rejects.toMatchObject({ reason: 'BadRequest', message });
    const previous = 'previous terminated container "main" in pod "p" not found';
    await expect(read('previous=true', by)).rejects.toMatchObject({ reason: 'BadRequest', message: previous });
  });
  it('of a pod that is not here is not found', async () => {
    await expect(read('', find(), '/containerLogs/d/none/main')).rejects.toMatchObject({ reason: 'NotFound' });
  });
});

describe('the runs of a container', () => {
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'main' }] } };
  const [fresh] = statesOf(pod, []);
  const state = (more: object) => ({ ...(fresh as NonNullable<typeof fresh>), ...more });
  const run = (id: string) => ({ id }) as RunningContainer;
  const files = (of: ReturnType<typeof runsOf>) => [of.current.run?.id, of.current.file, of.previous.run?.id, of.previous.file];
  const fileOf = (attempt: number) => `${attempt}.log`;
  const terminated = { exit: { code: 1, finishedAt: '' }, id: 'b', startedAt: '', reason: 'Error' };
  test.each([
    ['one that runs for the first time', { running: run('a') }, ['a', '0.log', undefined, undefined]],
    ['one that runs again', { running: run('b'), ended: run('a'), restarts: 1 }, ['b', '1.log', 'a', '0.log']],
    ['one that an earlier life started again', { running: run('b'), restarts: 1 }, ['b', '1.log', undefined, '0.log']],
    [
      'one that waits for its restart',
      { ended: run('b'), endedBefore: run('a'), restarts: 1, terminated, waiting: { reason: 'CrashLoopBackOff', message: '' } },
      ['b', '1.log', 'b', '1.log'],
    ],
    ['one that has ended for good', { ended: run('b'), endedBefore: run('a'), restarts: 1, terminated }, ['b', '1.log', 'a', '0.log']],
  ])('%s', (_name, more, expected) => {
    expect(files(runsOf(state(more), fileOf))).toEqual(expected);
  });
});
