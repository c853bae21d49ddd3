import type { Condition } from './condition.ts';

/**
 * Where a machine has no addresses to give, pods and Services share 127.0.0.1: which of its ports stands for each of theirs, by
 * `8080/TCP`. It is written as a condition of their status, which a pod's author cannot write: nobody can lead a Service to what
 * else listens on this machine.
 */
export type LoopbackPorts = Readonly<Record<string, number>>;

export const loopbackPortsCondition = 'steersman.dev/LoopbackPorts';

export function portKey(port: number, protocol = 'TCP'): string {
  return `${port}/${protocol}`;
}

/** The condition that says so: `8080/TCP is 20001, 53/UDP is 20002`. */
export function loopbackPortsStatus(ports: LoopbackPorts): Condition & { reason: string; message: string } {
  const message = Object.entries(ports)
    .map(([key, given]) => `${key} is ${given}`)
    .join(', ');
  return { type: loopbackPortsCondition, status: 'True', reason: 'SharedAddress', message };
}

/** What the conditions of a pod or Service say; undefined for one with an address of its own. */
export function loopbackPortsOf(conditions: readonly Readonly<Condition>[] | undefined): LoopbackPorts | undefined {
  const found = conditions?.find(({ type, status }) => type === loopbackPortsCondition && status === 'True');
  if (found === undefined) return undefined;
  const entries = [...(found.message ?? '').matchAll(/(\d+\/[A-Z]+) is (\d+)/g)];
  return Object.fromEntries(entries.map(([, key = '', given]) => [key, Number(given)]));
}
