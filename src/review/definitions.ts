import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { splitApiVersion, type KubeObject } from '../api/object.ts';
import { isRecord } from '../base/json.ts';
import type { Clock } from '../base/clock.ts';
import { mapConcurrent } from '../gitops/concurrent.ts';
import { defaultSourceLimits, type Artifact, type ArtifactFile } from '../gitops/source.ts';
import { parseYaml } from '../gitops/yaml.ts';
import { definedBy, type UnknownKind } from './unknown-kinds.ts';

const manifestName = /\.(ya?ml|json)$/i;
const mark = 'CustomResourceDefinition';
/** Read at a time. */
const batch = 500;

/** Definitions of the kinds that stand anywhere in a tree, also where no application renders them. Templates are passed over. */
export async function definitionsInTree(artifact: Artifact, wanted: readonly UnknownKind[]): Promise<KubeObject[]> {
  if (wanted.length === 0) return [];
  const files = (await artifact.list('')).filter((file) => manifestName.test(file.path) && isReadable(file));
  const out: KubeObject[] = [];
  for (let at = 0; at < files.length; at += batch) {
    const some = files.slice(at, at + batch);
    const contents = await artifact.read(some.map(({ path }) => path));
    for (const content of contents) out.push(...definitionsIn(content, wanted));
  }
  return out;
}
function isReadable({ special, sizeBytes }: ArtifactFile): boolean {
  return special === undefined && sizeBytes <= defaultSourceLimits.fileBytes;
}

/** The same of folders and files on this machine. @throws Error for one that is not there */
export async function definitionsInFolders(
  clock: Pick<Clock, 'outside'>,
  folders: readonly string[],
  wanted: readonly UnknownKind[],
): Promise<KubeObject[]> {
  if (wanted.length === 0) return [];
  const found = await mapConcurrent(folders, 4, async (folder) => {
    const paths = await clock.outside(filesOf(folder));
    const contents = await mapConcurrent(paths, 16, (path) => clock.outside(readFile(path)));
    return contents.flatMap((content) => definitionsIn(content, wanted));
  });
  return found.flat();
}

async function filesOf(folder: string): Promise<string[]> {
  if (!(await stat(folder)).isDirectory()) return [folder];
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile() && manifestName.test(entry.name)).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await mapConcurrent(files, 16, async (path) => (await stat(path)).size);
  return files.filter((_, at) => (sizes[at] as number) <= defaultSourceLimits.fileBytes).sort();
}

/** A file that cannot be read as YAML (a template) has none. */
function definitionsIn(bytes: Uint8Array, wanted: readonly UnknownKind[]): KubeObject[] {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!content.includes(mark)) return [];
  const values = parseYaml(content.toString('utf8')).documents.map(({ value }) => value);
  return values.flatMap((value) => objectsIn(value)).filter((object) => definesOne(object, wanted));
}

function objectsIn(value: unknown): KubeObject[] {
  if (!isRecord(value)) return [];
  if (Array.isArray(value['items'])) return value['items'].flatMap((item) => objectsIn(item));
  const whole = typeof value['apiVersion'] === 'string' && typeof value['kind'] === 'string' && isRecord(value['metadata']);
  return whole ? [value as unknown as KubeObject] : [];
}

function definesOne(object: KubeObject, wanted: readonly UnknownKind[]): boolean {
  return definedBy(object).some((name) => {
    const [apiVersion = '', kind = ''] = name.split(' ');
    const { group } = splitApiVersion(apiVersion);
    return wanted.some((one) => one.group === group && one.kind === kind);
  });
}
