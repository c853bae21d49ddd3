import type {
  ConfigMap,
  Container,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  Secret,
  ServiceAccountTokenProjection,
  Volume,
  VolumeProjection,
} from '../../api/kinds.generated.ts';
import { fieldValue, resourceValue, type PodFacts } from '../launch/downward.ts';
import type { PayloadFile } from './atomic-folder.ts';

/** What the files of a volume are made of. */
export interface PayloadSources {
  readonly pod: Readonly<Pod>;
  readonly facts: PodFacts;
  /** @throws Error when it is missing, unless that is allowed */
  configMap(name: string, optional: boolean | undefined): Promise<Readonly<ConfigMap> | undefined>;
  secret(name: string, optional: boolean | undefined): Promise<Readonly<Secret> | undefined>;
  token(projection: ServiceAccountTokenProjection): Promise<string>;
}
type Files = Map<string, PayloadFile>;

const modeOf = (mode: number | undefined, otherwise = 0o644): number => mode ?? otherwise;

/** The files of a configMap, secret, downwardAPI or projected volume; undefined for volumes of other kinds. @throws Error in the words of a kubelet */
export async function payloadOf(volume: Volume, from: PayloadSources): Promise<Files | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) {
    const found = await from.configMap(configMap.name ?? '', configMap.optional);
    return keyed(configMapData(found), { ...configMap, what: 'configmap references non-existent config key' });
  }
  if (secret !== undefined) {
    const found = await from.secret(secret.secretName ?? '', secret.optional);
    return keyed(secretData(found), { ...secret, what: 'references non-existent secret key' });
  }
  if (downwardAPI !== undefined) return downward(downwardAPI.items ?? [], modeOf(downwardAPI.defaultMode), from);
  if (projected === undefined) return undefined;
  const mode = modeOf(projected.defaultMode);
  return projectedFiles(projected.sources ?? [], mode, from);
}

async function projectedFiles(sources: readonly VolumeProjection[], mode: number, from: PayloadSources): Promise<Files> {
  const files: Files = new Map();
  const failures: string[] = [];
  for (const source of sources) {
    try {
      for (const [path, file] of await projection(source, mode, from)) files.set(path, file);
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  if (failures.length > 0) throw new Error(failures.length === 1 ? failures[0] : `[${failures.join(', ')}]`);
  return files;
}

async function projection(source: VolumeProjection, mode: number, from: PayloadSources): Promise<Files> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap !== undefined) {
    const found = await from.configMap(configMap.name ?? '', configMap.optional);
    return keyed(configMapData(found), { ...configMap, defaultMode: mode, what: 'configmap references non-existent config key' });
  }
  if (secret !== undefined) {
    const found = await from.secret(secret.name ?? '', secret.optional);
    return keyed(secretData(found), { ...secret, defaultMode: mode, what: 'references non-existent secret key' });
  }
  if (downwardAPI !== undefined) return downward(downwardAPI.items ?? [], mode, from);
  if (serviceAccountToken !== undefined) return tokenFile(serviceAccountToken, mode, from);
  throw new Error(`projections of ${Object.keys(source).join(', ')} are not provided by this node`);
}

function configMapData(map: Readonly<ConfigMap> | undefined): ReadonlyMap<string, Uint8Array> {
  const text = Object.entries(map?.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
  const bytes = Object.entries(map?.binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const);
  return new Map([...text, ...bytes]);
}
function secretData(secret: Readonly<Secret> | undefined): ReadonlyMap<string, Uint8Array> {
  return new Map(Object.entries(secret?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]));
}

interface Selection {
  readonly items?: readonly KeyToPath[];
  readonly defaultMode?: number;
  readonly optional?: boolean;
  readonly what: string;
}
/** All keys under their own names, or the chosen ones under theirs. */
function keyed(data: ReadonlyMap<string, Uint8Array>, selection: Selection): Files {
  const { items = [], defaultMode, optional, what } = selection;
  const mode = modeOf(defaultMode);
  if (items.length === 0) return new Map([...data].map(([key, content]) => [key, { content, mode }]));
  const files: Files = new Map();
  for (const { key, path, mode: own } of items) {
    const content = data.get(key);
    if (content !== undefined) files.set(path, { content, mode: own ?? mode });
    else if (optional !== true) throw new Error(`${what}: ${key}`);
  }
  return files;
}

function downward(items: readonly DownwardAPIVolumeFile[], mode: number, from: PayloadSources): Files {
  return new Map(items.map((item) => [item.path, { content: Buffer.from(downwardValue(item, from)), mode: item.mode ?? mode }]));
}
function downwardValue({ fieldRef, resourceFieldRef }: DownwardAPIVolumeFile, { pod, facts }: PayloadSources): string {
  if (fieldRef !== undefined) {
    const value = fieldValue(pod, fieldRef.fieldPath, facts);
    if (value === undefined) throw new Error(`unsupported fieldPath: ${fieldRef.fieldPath}`);
    return value;
  }
  if (resourceFieldRef === undefined) return '';
  const container = containerNamed(pod, resourceFieldRef.containerName ?? '');
  const value = resourceValue(container, resourceFieldRef, facts.allocatable);
  if (value === undefined) throw new Error(`unsupported container resource : ${resourceFieldRef.resource}`);
  return value;
}
function containerNamed(pod: Readonly<Pod>, name: string): Container {
  const found = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].find((one) => one.name === name);
  if (found === undefined) throw new Error(`container ${name} not found`);
  return found;
}

/** Readable by its owner only where the pod says who that is. */
async function tokenFile(projection: ServiceAccountTokenProjection, mode: number, from: PayloadSources): Promise<Files> {
  const content = Buffer.from(await from.token(projection));
  const { fsGroup } = from.pod.spec?.securityContext ?? {};
  const user = onlyUser(from.pod);
  const file = { content, mode: fsGroup !== undefined || user !== undefined ? 0o600 : mode };
  return new Map([[projection.path, user === undefined || process.getuid?.() !== 0 ? file : { ...file, user }]]);
}
/** The user of all containers, where the pod names one for all. */
function onlyUser(pod: Readonly<Pod>): number | undefined {
  const ofPod = pod.spec?.securityContext?.runAsUser;
  const users = new Set((pod.spec?.containers ?? []).map((one) => one.securityContext?.runAsUser ?? ofPod));
  return users.size === 1 ? [...users][0] : undefined;
}
