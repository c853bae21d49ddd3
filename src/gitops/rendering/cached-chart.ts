import { cachedCharts, cachedFolder, type ChartCache } from '../chart-cache.ts';
import { RenderError, type HelmSettings } from '../renderer.ts';
import type { Artifact, ArtifactFile } from '../source.ts';

/**
 * The tree with a chart of the cache laid into it, and the folder where it then is; the tree itself where the settings name none.
 * @throws RenderError when the cache does not have it
 */
export async function withCachedChart(
  artifact: Artifact,
  path: string,
  { chart }: HelmSettings,
  cache: ChartCache | undefined,
): Promise<{ artifact: Artifact; path: string }> {
  if (chart === undefined) return { artifact, path };
  const folder = cachedFolder(chart);
  const failed = (message: string) => new RenderError([{ path: folder, line: 1, column: 1, message }]);
  if (cache === undefined) throw failed(`the chart ${chart.name} ${chart.version} is in no chart cache`);
  const contents = await cache.files(chart).catch((error: unknown) => {
    throw failed(`the chart cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  const files: ArtifactFile[] = contents.map(({ path: inside, digest, content }) => ({
    ...{ path: `${folder}/${inside}`, digest, sizeBytes: content.length },
  }));
  const byPath = new Map(contents.map(({ path: inside, content }) => [`${folder}/${inside}`, content]));
  const inCache = (one: string) => one === cachedCharts || one.startsWith(`${cachedCharts}/`);
  const laid: Artifact = {
    ...passedOn(artifact),
    list: async (asked) =>
      inCache(asked) ? files.filter((file) => file.path === asked || file.path.startsWith(`${asked}/`)) : artifact.list(asked),
    read: async (paths) => {
      const own = paths.filter((one) => !inCache(one));
      const read = own.length === 0 ? [] : await artifact.read(own);
      const found = new Map(own.map((one, at) => [one, read[at]]));
      return paths.map((one) => (byPath.get(one) ?? found.get(one)) as Uint8Array);
    },
  };
  return { artifact: laid, path: folder };
}

/** An artifact may be an object of a class, whose methods do not come along by spreading. */
function passedOn(artifact: Artifact): Artifact {
  const { revision, commit, author, subject, committedAt, stillMs } = artifact;
  return {
    ...{ revision, commit, author, subject, committedAt },
    ...(stillMs === undefined ? {} : { stillMs }),
    digest: (path) => artifact.digest(path),
    list: (path) => artifact.list(path),
    read: (paths) => artifact.read(paths),
    materialise: (path, use) => artifact.materialise(path, use),
  };
}
