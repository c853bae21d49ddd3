import { join } from 'node:path';

/**
 * What a data directory holds. It belongs to the user who runs `steer up`: mode 0700, keys 0600.
 *
 *     store/        the embedded store and its encryption key
 *     pki/          ca.crt ca.key  server.crt server.key  admin.crt admin.key  sa.key
 *     git/          bare mirrors of the repositories
 *     logs/         output of containers
 *     pods/         volumes and state of the pods that run here
 *     volumes/      folders of claims of the class local-path, pvc-<uid of the claim>
 *     audit.log     one line of JSON per request that changed something; audit.log.1 ... are older
 *     kubeconfig    of the administrator
 *     gateway.sock  by which isolated pods reach endpoints of Services outside of their network
 *     run.json      of the process that runs now: pid, url, when it started
 */
export interface DataPaths {
  readonly root: string;
  readonly store: string;
  readonly pki: string;
  readonly git: string;
  readonly logs: string;
  readonly pods: string;
  readonly volumes: string;
  readonly audit: string;
  readonly kubeconfig: string;
  readonly gateway: string;
  readonly run: string;
}

export function dataPaths(root: string): DataPaths {
  return {
    root,
    store: join(root, 'store'),
    pki: join(root, 'pki'),
    git: join(root, 'git'),
    logs: join(root, 'logs'),
    pods: join(root, 'pods'),
    volumes: join(root, 'volumes'),
    audit: join(root, 'audit.log'),
    kubeconfig: join(root, 'kubeconfig'),
    gateway: join(root, 'gateway.sock'),
    run: join(root, 'run.json'),
  };
}
