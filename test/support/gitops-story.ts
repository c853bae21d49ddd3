import type { KubeObject } from '../../src/api/object.ts';
import type { Change } from '../../src/store/store.ts';

/** A Job of one pod that runs for `run`. */
export function migration(name: string, options: { run?: string; wave?: string } = {}): KubeObject {
  const { run = '3s', wave = '-1' } = options;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations: { 'steersman.dev/wave': wave } },
    spec: {
      template: {
        metadata: { annotations: { 'simulated.steersman.dev/run': run } },
        spec: { restartPolicy: 'Never', containers: [{ name: 'run', image: 'migrate:1' }] },
      },
    },
  } as never;
}

/** Each change as one line: its revision, and all of the object or the key that has gone. */
export function changeLines(changes: readonly Change<KubeObject>[]): string[] {
  return changes.map((change) =>
    change.type === 'put'
      ? `${change.entry.revision} ${Buffer.from(change.entry.json).toString()}`
      : `${change.revision} gone ${change.previous.key}`,
  );
}
