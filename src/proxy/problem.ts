import { errorText } from '../base/log.ts';
import type { FrontEnd } from './front-end.ts';

/** A front-end that cannot be had, in words for the owner of the Service. */
export interface FrontEndProblem {
  readonly namespace: string;
  readonly name: string;
  /** Name of the Service's port; empty where it has none. */
  readonly portName: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  /** The system's code, such as EADDRINUSE; `Taken` when another Service has it. */
  readonly code: string;
  /** One sentence. */
  readonly message: string;
}

const causes: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not listen there: ports below 1024 belong to root',
  EPERM: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine does not have the address',
  EMFILE: 'this process has too many open files',
  ENFILE: 'this machine has too many open files',
};

/** What kept a front-end from being bound. */
export function problemOf(frontEnd: FrontEnd, error: unknown): FrontEndProblem {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'Unknown';
  const cause = causes[code];
  return describe(frontEnd, code, cause === undefined ? errorText(error) : `${cause} (${code})`);
}

/** Another Service was first. */
export function takenProblem(frontEnd: FrontEnd, holder: FrontEnd): FrontEndProblem {
  return describe(frontEnd, 'Taken', `it belongs to Service ${holder.service.namespace}/${holder.service.name}`);
}

function describe(frontEnd: FrontEnd, code: string, why: string): FrontEndProblem {
  const { service, portName, servicePort, protocol, id } = frontEnd;
  const port = portName === '' ? String(servicePort) : `${portName} (${servicePort})`;
  return {
    namespace: service.namespace,
    name: service.name,
    portName,
    port: servicePort,
    protocol,
    code,
    message: `Service ${service.namespace}/${service.name} port ${port} cannot be reached at ${id}: ${why}`,
  };
}
