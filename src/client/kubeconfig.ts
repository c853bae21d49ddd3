import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parse } from 'yaml';
import { isRecord } from '../base/json.ts';

/** Several kubeconfig files taken together (client-go, clientcmd): of a name that several files hold, the first file's counts. */
export interface Kubeconfig {
  readonly files: readonly string[];
  readonly currentContext: string;
  readonly contexts: ReadonlyMap<string, { readonly cluster: string; readonly user: string; readonly namespace: string }>;
  readonly clusters: ReadonlyMap<string, ClusterEntry>;
  readonly users: ReadonlyMap<string, UserEntry>;
}
export interface ClusterEntry {
  readonly server: string;
  readonly authority?: Content;
  readonly insecure: boolean;
  readonly serverName?: string;
  readonly proxy?: string;
}
export interface UserEntry {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly certificate?: Content;
  readonly key?: Content;
  readonly basic?: { readonly username: string; readonly password: string };
  readonly exec?: ExecEntry;
  readonly impersonate?: Impersonation;
  /** A way to authenticate that we do not have. */
  readonly unsupported?: string;
}
/** Bytes given in the file itself, or in another one (an absolute path), which is read when they are needed. */
export type Content = { readonly text: string } | { readonly file: string };
/** client.authentication.k8s.io, ExecConfig. */
export interface ExecEntry {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly installHint: string;
  readonly provideClusterInfo: boolean;
  readonly interactiveMode: string;
}
export interface Impersonation {
  readonly user: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}
/** What one context leads to. */
export interface KubeContext {
  readonly name: string;
  readonly namespace: string;
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
}

/** A kubeconfig that is missing, unreadable or contradicts itself. Messages name file and field. */
export class KubeconfigError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'KubeconfigError';
  }
}

/**
 * Reads and merges files. Of several, those that are absent are left out; when one is named alone it must be there.
 * @throws KubeconfigError
 */
export async function loadKubeconfig(files: readonly string[]): Promise<Kubeconfig> {
  const read: Kubeconfig[] = [];
  for (const file of files) {
    const text = await textOf(file, files.length > 1);
    if (text !== undefined) read.push(parseKubeconfig(text, resolve(file)));
  }
  if (read.length === 0) throw new KubeconfigError(`no kubeconfig is there: looked for ${files.join(', ')}`);
  return read.reduce(merged);
}

/** One file's text; relative paths in it start at the file's folder. @throws KubeconfigError */
export function parseKubeconfig(text: string, file: string): Kubeconfig {
  const document = readYaml(text, file);
  const place = { file, folder: dirname(file) };
  return {
    files: [file],
    currentContext: stringAt(document, 'current-context') ?? '',
    contexts: named(document['contexts'], 'context', (entry) => ({
      cluster: stringAt(entry, 'cluster') ?? '',
      user: stringAt(entry, 'user') ?? '',
      namespace: stringAt(entry, 'namespace') ?? '',
    })),
    clusters: named(document['clusters'], 'cluster', (entry) => readCluster(entry, place)),
    users: named(document['users'], 'user', (entry) => readUser(entry, place)),
  };
}

/** The context of that name, else the current one. @throws KubeconfigError that lists what there is */
export function contextOf(config: Kubeconfig, name?: string): KubeContext {
  const wanted = name ?? config.currentContext;
  const where = config.files.join(', ');
  const known = [...config.contexts.keys()].join(', ') || 'none';
  if (wanted === '') throw new KubeconfigError(`${where} names no current-context: choose one of its contexts (${known})`);
  const context = config.contexts.get(wanted);
  if (context === undefined) throw new KubeconfigError(`context "${wanted}" is not in ${where}; there are: ${known}`);
  const cluster = config.clusters.get(context.cluster);
  if (cluster === undefined)
    throw new KubeconfigError(`context "${wanted}" names the cluster "${context.cluster}", which is not in ${where}`);
  const user = context.user === '' ? {} : config.users.get(context.user);
  if (user === undefined) throw new KubeconfigError(`context "${wanted}" names the user "${context.user}", which is not in ${where}`);
  return { name: wanted, namespace: context.namespace === '' ? 'default' : context.namespace, cluster, user };
}

async function textOf(file: string, optional: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (optional && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new KubeconfigError(`the kubeconfig ${file} cannot be read: ${(cause as Error).message}`, cause);
  }
}

function readYaml(text: string, file: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw new KubeconfigError(`the kubeconfig ${file} is no YAML: ${(cause as Error).message}`, cause);
  }
  if (!isRecord(document)) throw new KubeconfigError(`the kubeconfig ${file} is no map`);
  return document;
}

function merged(first: Kubeconfig, next: Kubeconfig): Kubeconfig {
  return {
    files: [...first.files, ...next.files],
    currentContext: first.currentContext === '' ? next.currentContext : first.currentContext,
    contexts: new Map([...next.contexts, ...first.contexts]),
    clusters: new Map([...next.clusters, ...first.clusters]),
    users: new Map([...next.users, ...first.users]),
  };
}

function named<T>(list: unknown, member: string, read: (entry: Record<string, unknown>) => T): Map<string, T> {
  const entries = new Map<string, T>();
  for (const item of Array.isArray(list) ? (list as unknown[]) : []) {
    if (!isRecord(item) || typeof item['name'] !== 'string' || entries.has(item['name'])) continue;
    entries.set(item['name'], read(isRecord(item[member]) ? item[member] : {}));
  }
  return entries;
}

interface Place {
  readonly file: string;
  readonly folder: string;
}

function readCluster(entry: Record<string, unknown>, place: Place): ClusterEntry {
  const authority = contentAt(entry, 'certificate-authority', place);
  const serverName = stringAt(entry, 'tls-server-name');
  const proxy = stringAt(entry, 'proxy-url');
  return {
    server: stringAt(entry, 'server') ?? '',
    insecure: entry['insecure-skip-tls-verify'] === true,
    ...(authority !== undefined && { authority }),
    ...(serverName !== undefined && { serverName }),
    ...(proxy !== undefined && { proxy }),
  };
}

function readUser(entry: Record<string, unknown>, place: Place): UserEntry {
  const token = stringAt(entry, 'token');
  const tokenFile = stringAt(entry, 'tokenFile');
  const certificate = contentAt(entry, 'client-certificate', place);
  const key = contentAt(entry, 'client-key', place);
  const username = stringAt(entry, 'username');
  const impersonate = readImpersonation(entry);
  const provider = entry['auth-provider'];
  return {
    ...(token !== undefined && { token }),
    ...(tokenFile !== undefined && { tokenFile: resolve(place.folder, tokenFile) }),
    ...(certificate !== undefined && { certificate }),
    ...(key !== undefined && { key }),
    ...(username !== undefined && { basic: { username, password: stringAt(entry, 'password') ?? '' } }),
    ...(isRecord(entry['exec']) && { exec: readExec(entry['exec'], place) }),
    ...(impersonate !== undefined && { impersonate }),
    ...(isRecord(provider) && { unsupported: `auth-provider ${String(provider['name'])}` }),
  };
}

function readImpersonation(entry: Record<string, unknown>): Impersonation | undefined {
  const user = stringAt(entry, 'as');
  if (user === undefined) return undefined;
  const uid = stringAt(entry, 'as-uid');
  const extra = isRecord(entry['as-user-extra']) ? entry['as-user-extra'] : {};
  return {
    user,
    ...(uid !== undefined && { uid }),
    groups: strings(entry['as-groups']),
    extra: Object.fromEntries(Object.entries(extra).map(([name, values]) => [name, strings(values)])),
  };
}

function readExec(entry: Record<string, unknown>, place: Place): ExecEntry {
  const command = stringAt(entry, 'command') ?? '';
  const env = (Array.isArray(entry['env']) ? (entry['env'] as unknown[]) : []).filter(isRecord);
  return {
    apiVersion: stringAt(entry, 'apiVersion') ?? '',
    command: command.includes('/') && !isAbsolute(command) ? resolve(place.folder, command) : command,
    args: strings(entry['args']),
    env: Object.fromEntries(env.map((pair) => [String(pair['name']), String(pair['value'] ?? '')])),
    installHint: stringAt(entry, 'installHint') ?? '',
    provideClusterInfo: entry['provideClusterInfo'] === true,
    interactiveMode: stringAt(entry, 'interactiveMode') ?? 'IfAvailable',
  };
}

/** `<name>-data` (base64) counts before `<name>` (a path). */
function contentAt(entry: Record<string, unknown>, name: string, place: Place): Content | undefined {
  const data = stringAt(entry, `${name}-data`);
  if (data !== undefined) return { text: Buffer.from(data, 'base64').toString('utf8') };
  const file = stringAt(entry, name);
  return file === undefined ? undefined : { file: resolve(place.folder, file) };
}

function stringAt(entry: Record<string, unknown>, name: string): string | undefined {
  const value = entry[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
function strings(value: unknown): string[] {
  return Array.isArray(value) ? (value as unknown[]).map(String) : [];
}
