/** A comment of ours on a pull request. */
export interface ForgeComment {
  readonly id: string;
  readonly body: string;
}
/** How a pull request stands, as a light beside its commit. */
export interface CommitStatus {
  readonly state: 'success' | 'failure' | 'error';
  /** Which light: `steersman`, `steersman/prod`. */
  readonly context: string;
  /** One line; forges cut it at 140 letters or refuse it. */
  readonly description: string;
  readonly url?: string;
}
/** A check with a page of its own. `neutral`: a person should look. */
export interface CheckRun {
  readonly conclusion: 'success' | 'neutral' | 'failure';
  readonly name: string;
  readonly title: string;
  /** Markdown. */
  readonly summary: string;
  readonly url?: string;
}

/** Where pull requests are, whatever its API is like. Every call may wait for the forge's rate limit. */
export interface Forge {
  /** `GitHub`, for messages. */
  readonly name: string;
  /** Bytes of UTF-8 that one comment may have. */
  readonly longest: number;
  /** The commit at which the pull request stands now. */
  headCommit(): Promise<string>;
  /** Those that were written by the user whose token this is, in the order in which they were made. */
  comments(): Promise<readonly ForgeComment[]>;
  create(body: string): Promise<void>;
  update(id: string, body: string): Promise<void>;
  remove(id: string): Promise<void>;
  setStatus(commit: string, status: CommitStatus): Promise<void>;
  /** Absent where the forge has no such thing. */
  addCheck?(commit: string, check: CheckRun): Promise<void>;
}

/** Which pull request, and how to reach it. */
export interface PullRequest {
  readonly forge: 'github' | 'gitlab' | 'gitea';
  /** `https://api.github.com`, `https://gitlab.example/api/v4`, without a slash at the end. */
  readonly api: string;
  /** `owner/name`; GitLab: the number of the project, or its path. */
  readonly project: string;
  readonly number: string;
  /** What it would be merged into, and what would be merged. */
  readonly baseCommit?: string;
  readonly headCommit?: string;
  /** The page of the project, without a slash at the end: where links to files lead. */
  readonly web?: string;
  /** The page of the job that runs this. */
  readonly run?: string;
}
