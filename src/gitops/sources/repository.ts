import type { Commit, GitObjects } from './git-objects.ts';

/** What the git source needs of a repository, in place or mirrored. */
export interface Repository {
  /** As messages name it: without credentials, harmless on a terminal. */
  readonly shown: string;
  readonly objects: GitObjects;
  /** Makes its object database readable, without asking a remote. */
  open(): Promise<void>;
  /** Brings refs up to date. @throws ReconcileError AuthenticationFailed, FetchFailed */
  refresh(signal: AbortSignal, wants: { defaultBranch: boolean }): Promise<void>;
  /** Makes sure that every blob under the path is here. @throws ReconcileError FetchFailed, SourceRefused */
  prepare(commit: Commit, path: string, signal: AbortSignal): Promise<void>;
  /** Tries to bring a commit that no ref leads to. */
  bring(commit: string, signal: AbortSignal): Promise<void>;
  watch(changed: () => void, intervalMs: number): Disposable & { readonly how: string };
  close(): void;
}
