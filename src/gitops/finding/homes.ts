import type { Definition } from '../imports/tree.ts';
import { folderOf } from '../imports/tree.ts';

/**
 * Which folder stands for the cluster that a definition lives in: `clusters/NAME`, or, where the same application is defined in
 * several folders, the first part in which they differ. '' where there is one cluster only. By file.
 */
export function homesOf(definitions: readonly Definition[]): (file: string) => string {
  const folders = new Set<string>();
  const byKey = new Map<string, string[]>();
  for (const { object, origin } of definitions) {
    const named = /^(?:.*\/)?clusters?\/[^/]+(?=\/)/.exec(origin.path)?.[0];
    if (named !== undefined) folders.add(named);
    const key = JSON.stringify([object.apiVersion.split('/')[0], object.kind, object.metadata.namespace ?? '', object.metadata.name]);
    byKey.set(key, [...(byKey.get(key) ?? []), origin.path]);
  }
  for (const paths of byKey.values()) for (const folder of apart([...new Set(paths)])) folders.add(folder);
  const all = [...folders].sort((a, b) => a.length - b.length);
  // The outermost wins: `clusters/prod/apps` is in `clusters/prod`. A single one tells nothing apart.
  const outer = all.filter((folder) => !all.some((other) => other !== folder && folder.startsWith(`${other}/`)));
  return (file) => (outer.length < 2 ? '' : (outer.find((folder) => file.startsWith(`${folder}/`)) ?? ''));
}

/** Up to the first part in which the paths differ; nothing where that is the file itself. */
function apart(paths: readonly string[]): string[] {
  if (paths.length < 2) return [];
  const parts = paths.map((path) => path.split('/'));
  let same = 0;
  while (parts.every((one) => one[same] !== undefined && one[same] === parts[0]?.[same])) same++;
  return parts.filter((one) => one.length > same + 1).map((one) => one.slice(0, same + 1).join('/'));
}

/** The part of a home that people call the cluster by. */
export function shortHome(home: string): string {
  return home.slice(folderOf(home) === '' ? 0 : folderOf(home).length + 1);
}
