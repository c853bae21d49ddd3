import type { Pod } from '../../api/kinds.generated.ts';
import { isQuantity, milliValue, wholeValue } from '../../api/quantity.ts';
import { parseDuration } from '../../base/duration.ts';
import { RuntimeError } from '../runtime.ts';

/** What one simulated container does, in milliseconds since its start where not said otherwise. */
export interface Script {
  /** From launch to running. */
  readonly startMs: number;
  /** From running to the first passing readiness and startup probe; Infinity: never. */
  readonly readyMs: number;
  /** From running to its exit; Infinity: it runs until it is stopped. */
  readonly runMs: number;
  readonly exitCode: number;
  /** From being asked to stop to its end. */
  readonly stopMs: number;
  /** From running to the first failing liveness probe; Infinity: never. */
  readonly hangMs: number;
  /** The waiting reason and message with which it does not start. */
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
  /** Lines written once at the start. */
  readonly log: readonly string[];
  /** A further line each so many milliseconds; 0: none. */
  readonly logEveryMs: number;
}
/** What a simulated container says that it uses. */
export interface Usage {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
}

/** Annotations are `<prefix><what>` for every container of a pod, or `<prefix><what>.<container>` for one. */
export const scriptPrefix = 'simulated.steersman.dev/';

/**
 * Reads the script of a container from its pod's annotations:
 * `start: 500ms`, `ready: 2s|never`, `run: 5s`, `exit: "1"`, `exit-attempts: "2"` (only the first so many attempts end with `exit`, later ones with 0),
 * `stop: 1s`, `hang: 30s`, `failure: "ErrImagePull: no such image"`, `log: "line\nline"`, `log-every: 1s`,
 * By default it starts at once, is ready at once and runs for ever; an init container and a container of a pod that is not
 * restarted always ends with 0, after 100 ms and 1 s. @throws RuntimeError InvalidSimulation, naming annotation and value
 */
export function scriptOf(pod: Readonly<Pod>, container: string, attempt: number): Script {
  if (!isScripted(pod)) return { ...unscripted, runMs: endsByItself(pod, container), log: [`${container} started`] };
  const read = reader(pod, container);
  const duration = (what: string, otherwise: number) => durationOf(what, read(what), otherwise);
  const exit = integer('exit', read('exit'), 0);
  const bad = integer('exit-attempts', read('exit-attempts'), Infinity);
  // What cannot be read is told at the start.
  usageOf(pod, container);
  const runMs = duration('run', endsByItself(pod, container));
  return {
    startMs: duration('start', 0),
    readyMs: duration('ready', 0),
    runMs: runMs === Infinity && exit !== 0 && attempt < bad ? 1000 : runMs,
    exitCode: attempt < bad ? exit : 0,
    stopMs: duration('stop', 0),
    hangMs: duration('hang', Infinity),
    failure: failureOf(read('failure')),
    log: (read('log') ?? `${container} started`).split('\n'),
    logEveryMs: duration('log-every', 0),
  };
}

/** What all but a few are like. */
const unscripted: Omit<Script, 'runMs' | 'log'> = {
  startMs: 0,
  readyMs: 0,
  exitCode: 0,
  stopMs: 0,
  hangMs: Infinity,
  failure: undefined,
  logEveryMs: 0,
};

function isScripted(pod: Readonly<Pod>): boolean {
  for (const name in pod.metadata.annotations) if (name.startsWith(scriptPrefix)) return true;
  return false;
}

function endsByItself(pod: Readonly<Pod>, container: string): number {
  const init = pod.spec?.initContainers?.find((one) => one.name === container);
  if (init !== undefined) return init.restartPolicy === 'Always' ? Infinity : 100;
  return pod.spec?.restartPolicy === 'Always' || pod.spec?.restartPolicy === undefined ? Infinity : 1000;
}

function reader(pod: Readonly<Pod>, container: string): (what: string) => string | undefined {
  const annotations = pod.metadata.annotations ?? {};
  return (what) => annotations[`${scriptPrefix}${what}.${container}`] ?? annotations[`${scriptPrefix}${what}`];
}

/**
 * What a container uses now, by its pod as it is now, so that a load can change: `cpu: 250m`, `memory: 64Mi`; by default what it
 * requests, else 1m and 16Mi. @throws RuntimeError InvalidSimulation
 */
export function usageOf(pod: Readonly<Pod>, name: string): Usage {
  const read = reader(pod, name);
  const container = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].find((one) => one.name === name);
  const amount = (what: 'cpu' | 'memory', otherwise: string) => read(what) ?? container?.resources?.requests?.[what] ?? otherwise;
  const [cpu, memory] = [amount('cpu', '1m'), amount('memory', '16Mi')];
  for (const text of [cpu, memory]) {
    if (!isQuantity(text))
      throw new RuntimeError('InvalidSimulation', `annotation ${scriptPrefix}: ${JSON.stringify(text)} is not a quantity`);
  }
  return { cpuMillis: milliValue(cpu), memoryBytes: wholeValue(memory) };
}

function durationOf(what: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (text === 'never') return Infinity;
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new RuntimeError('InvalidSimulation', `annotation ${scriptPrefix}${what}: ${(cause as Error).message}`, { cause });
  }
}

function integer(what: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^\d{1,3}$/.test(text)) {
    throw new RuntimeError('InvalidSimulation', `annotation ${scriptPrefix}${what}: ${JSON.stringify(text)} is not a number from 0 to 999`);
  }
  return Number(text);
}

function failureOf(text: string | undefined): Script['failure'] {
  if (text === undefined || text === '') return undefined;
  const [, reason, message] = /^([A-Za-z]+)(?::\s*(.*))?$/s.exec(text) ?? [undefined, 'RunContainerError', text];
  return { reason: reason as string, message: message ?? '' };
}
