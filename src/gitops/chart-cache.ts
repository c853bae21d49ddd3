import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { isRecord } from '../base/json.ts';
import { blobId } from './sources/memory.ts';
import { highestMatch } from './sources/version-range.ts';
import { unpacked } from './unpacked.ts';
import { parseYaml } from './yaml.ts';

/** A chart that a folder of this machine holds. */
export interface CachedChart {
  readonly name: string;
  readonly version: string;
}
/** One file of a chart, from the chart's folder. */
export interface ChartContent {
  readonly path: string;
  /** As git would call it. */
  readonly digest: string;
  readonly content: Uint8Array;
}
/** Where a chart of the cache is laid beside the repository's own files; nothing of a repository is read there. */
export const cachedCharts = '.chart-cache';
/** The folder of a chart of the cache, as the places of its objects name it. */
export function cachedFolder(chart: CachedChart): string {
  return `${cachedCharts}/${chart.name}-${chart.version}`;
}

interface Place extends CachedChart {
  /** A package (.tgz) or a folder. */
  readonly path: string;
  readonly packed: boolean;
}

const name = /^[A-Za-z0-9][\w.-]{0,252}$/;
const limits = { bytes: 64 * 2 ** 20, files: 10_000, names: 50_000 };

/**
 * Charts that were fetched before, in folders of this machine: packages as `helm pull` leaves them (`NAME-VERSION.tgz`), and unpacked ones
 * (`NAME`, `NAME-VERSION`, `NAME-VERSION/NAME`). Each folder is listed once; nothing is ever fetched. Earlier folders win.
 */
export class ChartCache {
  readonly #folders: readonly string[];
  readonly #clock: Pick<Clock, 'outside'>;
  readonly #listed = new Map<string, Promise<readonly Dirent[]>>();
  readonly #contents = new Map<string, Promise<readonly ChartContent[]>>();

  constructor(clock: Pick<Clock, 'outside'>, folders: readonly string[]) {
    this.#clock = clock;
    this.#folders = folders;
  }

  /** The highest version that fits `wanted` (a version or a range; '' is any); undefined where no folder has one. */
  async find(chart: string, wanted: string): Promise<CachedChart | undefined> {
    const places = await this.#clock.outside(this.#places(chart));
    const versions = places.map(({ version }) => version);
    const version = versions.includes(wanted) ? wanted : highestMatch(wanted === '' ? '*' : wanted, versions);
    return version === undefined ? undefined : { name: chart, version };
  }

  /** All files of a chart that `find` has answered. @throws Error where it cannot be read */
  files(chart: CachedChart): Promise<readonly ChartContent[]> {
    const key = `${chart.name} ${chart.version}`;
    const known = this.#contents.get(key) ?? this.#clock.outside(this.#read(chart));
    this.#contents.set(key, known);
    return known;
  }

  async #read(chart: CachedChart): Promise<readonly ChartContent[]> {
    const place = (await this.#places(chart.name)).find(({ version }) => version === chart.version);
    if (place === undefined) throw new Error(`the chart ${chart.name} ${chart.version} is no longer in the chart cache`);
    const files = place.packed ? unpacked(await readFile(place.path), limits) : await below(place.path);
    return files.map((file) => ({ ...file, digest: blobId(file.content) })).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async #places(chart: string): Promise<readonly Place[]> {
    if (!name.test(chart)) return [];
    const out: Place[] = [];
    for (const folder of this.#folders)
      for (const entry of await this.#entries(folder)) {
        const place = await placeOf(chart, join(folder, entry.name), entry);
        if (place !== undefined && !out.some(({ version }) => version === place.version)) out.push(place);
      }
    return out;
  }

  #entries(folder: string): Promise<readonly Dirent[]> {
    const known =
      this.#listed.get(folder) ??
      readdir(folder, { withFileTypes: true }).then(
        (entries) => entries.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, limits.names),
        () => [], // Not there, or not for us to read: it holds nothing.
      );
    this.#listed.set(folder, known);
    return known;
  }
}

async function placeOf(chart: string, path: string, entry: Dirent): Promise<Place | undefined> {
  if (entry.isFile()) {
    if (!entry.name.startsWith(`${chart}-`) || !entry.name.endsWith('.tgz')) return undefined;
    const version = entry.name.slice(chart.length + 1, -'.tgz'.length);
    // `web-extra-1.0.0.tgz` is no version of `web`.
    return /^v?\d+\./.test(version) ? { name: chart, version, path, packed: true } : undefined;
  }
  if (!entry.isDirectory() || (entry.name !== chart && !entry.name.startsWith(`${chart}-`))) return undefined;
  for (const folder of [path, join(path, chart)]) {
    const version = await versionIn(folder, chart);
    if (version !== undefined) return { name: chart, version, path: folder, packed: false };
  }
  return undefined;
}

/** What Chart.yaml says, where it is a chart of that name. */
async function versionIn(folder: string, chart: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'Chart.yaml'), 'utf8').catch(() => undefined); // No chart here.
  const value = text === undefined ? undefined : parseYaml(text).documents[0]?.value;
  if (!isRecord(value) || value['name'] !== chart) return undefined;
  const { version } = value;
  return typeof version === 'string' ? version : typeof version === 'number' ? String(version) : undefined;
}

/** Ordinary files of a folder; links are not followed. @throws Error over a limit */
async function below(folder: string): Promise<{ path: string; content: Uint8Array }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  if (files.length > limits.files) throw new Error(`${folder} holds more than ${limits.files} files`);
  const out: { path: string; content: Uint8Array }[] = [];
  let bytes = 0;
  for (const file of files) {
    bytes += (await stat(file)).size;
    if (bytes > limits.bytes) throw new Error(`${folder} holds more than ${limits.bytes / 2 ** 20} MiB`);
    out.push({ path: posix.normalize(file.slice(folder.length + 1).replaceAll('\\', '/')), content: await readFile(file) });
  }
  return out;
}
