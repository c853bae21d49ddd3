import type { Transport } from '../api/http.ts';
import type { KubeObject } from '../api/object.ts';
import { createAudit, isWorthWriting, type Audit, type AuditLevel } from '../apiserver/audit.ts';
import { objectCodec } from '../apiserver/codec.ts';
import { createApiServer, type AdmissionChoice, type ApiServer } from '../apiserver/server.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import { loadKinds } from '../kinds/load.ts';
import { createKindRegistry } from '../kinds/registry.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { AuditLog } from './audit-log.ts';
import type { Ending } from './ending.ts';
import type { Identities } from './identities.ts';
import type { DataPaths } from './paths.ts';
import { makePrivateFolder } from './private-files.ts';
import { openTokenKey } from './token-key.ts';

/** What an API server and its store are made of. */
export interface ServeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Admission plugins beyond the default and less than it. Those whose controller does not run are off. */
  readonly admission?: AdmissionChoice;
  /** Where Services get their cluster addresses from: `10.96.0.0/16`. Its first one is the API server's. */
  readonly serviceRange?: string;
  /** Of Steersman. */
  readonly version?: string;
  /** Where the audit log goes, if not into the data directory, and how much it says: `Metadata`. */
  readonly auditLog?: { readonly path?: string | undefined; readonly level?: AuditLevel | undefined };
  /** Told of every request, beside the audit log of the data directory. */
  readonly audit?: Audit;
  /** Kinds that were loaded before: to start many in one process. */
  readonly kinds?: readonly ResourceKind[];
  /** Opens the store instead of `memory` or the data directory's. */
  readonly openStore?: () => Promise<Store<KubeObject>>;
}
/** What stands around an API server. */
export interface ServerParts {
  readonly identities: Identities;
  readonly paths: DataPaths | undefined;
  readonly ending: Ending;
  /** How to ask the agent of a node. */
  readonly reachNode: (node: string) => Transport;
  /** Names of the controllers that run beside it. */
  readonly running: readonly string[];
}

/** Opens the store and starts an API server on it. Both end with `ending`. */
export async function startServer(options: ServeOptions, parts: ServerParts): Promise<{ store: Store<KubeObject>; server: ApiServer }> {
  const { clock, random, log, version } = options;
  const { identities, paths, ending, reachNode } = parts;
  if (paths !== undefined) await clock.outside(makePrivateFolder(paths.root));
  const store = await (options.openStore?.() ?? openStore(paths?.store ?? 'memory', { codec: objectCodec, clock, random }));
  ending.add(() => store.close());
  const audit = openAudit(options, paths, ending);
  const tokenKey = paths === undefined ? undefined : await clock.outside(openTokenKey(paths.pki));
  const server = createApiServer({
    tokenKey,
    store,
    kinds: createKindRegistry(options.kinds ?? loadKinds()),
    clock,
    random,
    log,
    authenticate: identities.authenticate,
    reachNode,
    ...(options.serviceRange === undefined ? {} : { services: { clusterIPs: options.serviceRange } }),
    ...(version === undefined ? {} : { version }),
    ...(audit === undefined ? {} : { audit }),
    admission: admissionOf(options, parts.running),
  });
  ending.add(() => server.stop());
  await server.ready;
  return { store, server };
}

/** Plugins that leave something for a controller to do, by the controller's name. */
const leftTo: Readonly<Record<string, string>> = {
  ServiceAccount: 'serviceaccount',
  TaintNodesByCondition: 'node-lifecycle',
  StorageObjectInUseProtection: 'persistentvolumeclaim-protection',
};

function admissionOf({ admission = {} }: ServeOptions, running: readonly string[]): AdmissionChoice {
  const alone = Object.keys(leftTo).filter((plugin) => !running.includes(leftTo[plugin] ?? ''));
  return { ...admission, disable: [...(admission.disable ?? []), ...alone] };
}

function openAudit(options: ServeOptions, paths: DataPaths | undefined, ending: Ending): Audit | undefined {
  const { clock, log, auditLog: wanted } = options;
  const path = wanted?.path ?? paths?.audit;
  if (path === undefined) return auditOf(options, undefined);
  const auditLog = new AuditLog({ path, clock, log });
  ending.add(() => auditLog.close());
  return auditOf(options, auditLog);
}

function auditOf(options: ServeOptions, auditLog: AuditLog | undefined): Audit | undefined {
  if (auditLog === undefined) return options.audit;
  const write = createAudit((line) => auditLog.write(line), options.random, options.auditLog?.level);
  return (audited) => {
    if (isWorthWriting(audited)) write(audited);
    options.audit?.(audited);
  };
}
