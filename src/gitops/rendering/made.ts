import { createHash } from 'node:crypto';
import type { KubeObject } from '../../api/object.ts';
import { deepFreeze } from '../../base/json.ts';
import { isSecret } from '../mask.ts';
import type { Manifest, RenderResult } from '../renderer.ts';
import type { Artifact } from '../source.ts';
import { sourceOf, type SourceFile, type Texts } from './texts.ts';

/** One object that a program made, and where it comes from. */
export interface MadeObject {
  readonly object: Readonly<Record<string, unknown>>;
  /** The file that it was made from. */
  readonly path: string;
  /** Where in it, if that is known better than by kind and name. */
  readonly line?: number;
}
/** What a program made of what it read: what is kept. */
export interface Made {
  readonly objects: readonly MadeObject[];
  readonly notes: readonly string[];
  /** Another render gives something else, so this one is not kept beyond the process. */
  readonly changing?: boolean;
  /** It holds what SOPS had encrypted, which is never written. */
  readonly inClear?: boolean;
}

/** Manifests of what a program made. A Secret's blob id stands for all that was read: a patch or a generator may have made it. */
export async function resultOf(
  made: Made,
  around: { artifact: Artifact; read: readonly SourceFile[]; texts: Texts },
): Promise<RenderResult> {
  const { artifact, read, texts } = around;
  const files = new Map(read.map((file) => [file.path, file]));
  const sources = [...new Set(made.objects.filter((one) => one.line === undefined).map((one) => one.path))];
  const loaded = await texts.load(
    artifact,
    sources.flatMap((path) => files.get(path) ?? []),
  );
  const all = digestOf(read);
  const manifests = made.objects.map(({ object, path, line }): Manifest => {
    const file = files.get(path);
    const text = loaded.get(path);
    const kube = deepFreeze(object) as unknown as KubeObject;
    const from = text === undefined ? undefined : sourceOf(text, { kind: kube.kind, name: kube.metadata.name });
    const start = { line: line ?? from?.line ?? 1, column: 1 };
    return {
      object: kube,
      origin: { path, line: start.line },
      blob: isSecret(kube) ? all : (file?.digest ?? all),
      position: (at) =>
        from === undefined || text === undefined || file === undefined
          ? start
          : texts.position(text.text, file.digest, { document: from.document, path: [...from.inside, ...at] }),
    };
  });
  return { manifests, read: read.map(({ path, digest }) => ({ path, digest })), notes: made.notes };
}
/** Of names and contents. */
export function digestOf(files: readonly SourceFile[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file.path}\0${file.digest}\n`);
  return hash.digest('hex').slice(0, 40);
}
