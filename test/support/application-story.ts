import { Application } from '../../src/api/kinds.generated.ts';
import type { ObjectKey } from '../../src/api/object.ts';
import { isNotFound } from '../../src/api/status.ts';
import type { Connection } from '../../src/client/connect.ts';

export type ApplicationStatus = NonNullable<Application['status']>;

/** Waits until the status of an application is as wanted, and answers it. @throws Error with what it says after a minute */
export async function untilApplication(
  cluster: Connection,
  key: ObjectKey,
  { what, done }: { what: string; done(status: ApplicationStatus): boolean },
): Promise<ApplicationStatus> {
  let status: Application['status'];
  for (let waited = 0; waited < 600; waited++) {
    // Right after the start of `steer up` it is not declared yet.
    status = (await cluster.get(Application, key).catch(absentIsUndefined))?.status;
    if (status !== undefined && done(status)) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${key.name} did not come to: ${what}; it says ${JSON.stringify(status)}`);
}
function absentIsUndefined(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

/** A Deployment of two simulated pods that get ready after `ready`. `more`: lines of its spec. */
export function webManifest(image: string, ready: string, more: readonly string[] = []): string {
  const lines = [
    'apiVersion: apps/v1',
    'kind: Deployment',
    'metadata: { name: web }',
    'spec:',
    '  replicas: 2',
    '  selector: { matchLabels: { app: web } }',
    ...more.map((line) => `  ${line}`),
    '  template:',
    '    metadata:',
    '      labels: { app: web }',
    `      annotations: { simulated.steersman.dev/ready: '${ready}' }`,
    '    spec:',
    `      containers: [{ name: web, image: '${image}' }]`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}
