import { readdirSync, readFileSync } from 'node:fs';

/** A container that runs a program of Node. */
export function nodeContainer(name: string, program: string, more: object = {}): Record<string, unknown> {
  return { name, image: 'node:20', command: ['node', '-e', program], ...more };
}
/** A container that runs a script of the shell. */
export function shellContainer(name: string, script: string, more: object = {}): Record<string, unknown> {
  return { name, image: 'shell:1', command: ['sh', '-c', script], ...more };
}

/**
 * Answers every request with its pod's name: the heading at once, the rest after `$TAKES` ms. On SIGTERM it goes on until what runs is
 * answered. Listens on `$POD_IP`, and `$PORT` where it is given one, so that it works plain too.
 */
export const webProgram = `
const { createServer } = require('node:http');
const takes = Number(process.env.TAKES ?? 0);
const server = createServer((request, response) => {
  response.writeHead(200, { pod: process.env.POD, version: process.env.VERSION ?? '', connection: 'close' });
  response.flushHeaders();
  setTimeout(() => response.end(process.env.POD), takes);
});
server.listen(Number(process.env.PORT ?? 8080), process.env.POD_IP);
process.on('SIGTERM', () => setTimeout(() => server.close(), 200));
`;
export const podEnvironment = [
  { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
];

/** A container with `webProgram` at its port 8080, ready when it answers. */
export function webContainer({ takes = 0, version = '1' }: { takes?: number; version?: string } = {}): Record<string, unknown> {
  const env = [...podEnvironment, { name: 'TAKES', value: String(takes) }, { name: 'VERSION', value: version }];
  return nodeContainer('web', webProgram, {
    env,
    ports: [{ containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
  });
}

export function pod(name: string, spec: object, labels: Record<string, string> = {}): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: { terminationGracePeriodSeconds: 2, ...spec } };
}
export function webDeployment(
  name: string,
  replicas: number,
  options: { takes?: number; version?: string; strategy?: object } = {},
): object {
  const { strategy, ...web } = options;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      ...(strategy === undefined ? {} : { strategy }),
      template: { metadata: { labels: { app: name } }, spec: { terminationGracePeriodSeconds: 5, containers: [webContainer(web)] } },
    },
  };
}
/** In front of the pods with the label `app`, from port 80 to their 8080. */
export function service(name: string, spec: object = {}): object {
  const ports = [{ port: 80, targetPort: 8080 }];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app: name }, ports, ...spec } };
}

/** The processes of this machine whose last argument is `mark`, or whose environment holds `POD=mark`; not what starts them. */
export function processesOf(mark: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`POD=${mark}`)) return false;
        return !/^\/bin\/sh\0-c\0(exec 4>| *fail)/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      } catch {
        return false; // It ended meanwhile, or belongs to another user.
      }
    });
}
/** The one process of a pod. @throws Error when there is another number of them */
export function processOf(mark: string): number {
  const found = processesOf(mark);
  const [pid] = found;
  if (pid === undefined || found.length !== 1) throw new Error(`${mark} has the processes ${found.join(', ') || 'none'}`);
  return pid;
}
/** Kills a process at once and waits until it is none any more. Answers the moment, in milliseconds. */
export async function killNow(pid: number): Promise<number> {
  process.kill(pid, 'SIGKILL');
  while (alive(pid)) await new Promise((resolve) => setImmediate(resolve));
  return Date.now();
}
function alive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
