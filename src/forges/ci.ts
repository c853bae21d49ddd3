import { isRecord } from '../base/json.ts';
import type { PullRequest } from './forge.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The pull request that a CI job runs for, from the variables that GitHub, GitLab, Gitea and Forgejo set. `event` is the text of the file
 * that GITHUB_EVENT_PATH names. Undefined: this is no job of theirs, or none of a pull request.
 */
export function pullRequestOfJob(variables: Variables, event: string | undefined): PullRequest | undefined {
  if (variables['GITLAB_CI'] === 'true') return gitlabRequest(variables);
  if (variables['GITHUB_ACTIONS'] !== 'true' && variables['GITEA_ACTIONS'] !== 'true' && variables['FORGEJO_ACTIONS'] !== 'true')
    return undefined;
  return actionsRequest(variables, event);
}

function gitlabRequest(variables: Variables): PullRequest | undefined {
  const number = variables['CI_MERGE_REQUEST_IID'];
  if (number === undefined || number === '') return undefined;
  return {
    forge: 'gitlab',
    api: trimmed(variables['CI_API_V4_URL'] ?? 'https://gitlab.com/api/v4'),
    project: variables['CI_MERGE_REQUEST_PROJECT_ID'] ?? variables['CI_PROJECT_ID'] ?? '',
    number,
    ...said('baseCommit', variables['CI_MERGE_REQUEST_TARGET_BRANCH_SHA'] || variables['CI_MERGE_REQUEST_DIFF_BASE_SHA']),
    // In a pipeline for the merged result CI_COMMIT_SHA is a commit that no branch has.
    ...said('headCommit', variables['CI_MERGE_REQUEST_SOURCE_BRANCH_SHA'] || variables['CI_COMMIT_SHA']),
    ...said('web', variables['CI_PROJECT_URL']),
    ...said('run', variables['CI_JOB_URL']),
  };
}

function actionsRequest(variables: Variables, event: string | undefined): PullRequest | undefined {
  const payload: unknown = event === undefined ? undefined : JSON.parse(event);
  const pull = isRecord(payload) && isRecord(payload['pull_request']) ? payload['pull_request'] : undefined;
  const number = pull?.['number'] ?? (isRecord(payload) ? payload['number'] : undefined);
  if (pull === undefined || (typeof number !== 'number' && typeof number !== 'string')) return undefined;
  const commit = (side: string) => {
    const at = pull[side];
    return isRecord(at) && typeof at['sha'] === 'string' ? at['sha'] : undefined;
  };
  const gitea = variables['GITEA_ACTIONS'] === 'true' || variables['FORGEJO_ACTIONS'] === 'true';
  return {
    ...actionsProject(variables, gitea),
    number: String(number),
    ...said('baseCommit', commit('base')),
    ...said('headCommit', commit('head')),
  };
}

/** Project and API of a job of GitHub Actions, or of what runs the same workflows on Gitea and Forgejo. */
function actionsProject(variables: Variables, gitea: boolean): Omit<PullRequest, 'number'> {
  const project = variables['GITHUB_REPOSITORY'] ?? '';
  const server = trimmed(variables['GITHUB_SERVER_URL'] ?? 'https://github.com');
  const run = variables['GITHUB_RUN_ID'];
  return {
    forge: gitea ? 'gitea' : 'github',
    api: trimmed(variables['GITHUB_API_URL'] ?? (gitea ? `${server}/api/v1` : 'https://api.github.com')),
    project,
    web: `${server}/${project}`,
    ...(run === undefined || gitea ? {} : { run: `${server}/${project}/actions/runs/${run}` }),
  };
}

/**
 * The project of a job that runs for no pull request of its own, as the second job for forks does; `number` and commit are then those of
 * what the first job wrote.
 */
export function projectOfJob(variables: Variables): Omit<PullRequest, 'number'> | undefined {
  if (variables['GITLAB_CI'] === 'true') {
    const { number: _, ...project } = gitlabRequest({ CI_MERGE_REQUEST_IID: '0', ...variables }) ?? {
      number: '',
      forge: 'gitlab',
      api: '',
      project: '',
    };
    return project;
  }
  const gitea = variables['GITEA_ACTIONS'] === 'true' || variables['FORGEJO_ACTIONS'] === 'true';
  if (variables['GITHUB_ACTIONS'] !== 'true' && !gitea) return undefined;
  return actionsProject(variables, gitea);
}

/** The commit that the first job of a fork ran for, as the second one's event says: nobody of the fork can change it. */
export function triggeringCommit(event: string | undefined): string | undefined {
  const payload: unknown = event === undefined ? undefined : JSON.parse(event);
  const run = isRecord(payload) ? payload['workflow_run'] : undefined;
  return isRecord(run) && typeof run['head_sha'] === 'string' ? run['head_sha'] : undefined;
}

/** A link to a line of a file at a commit. */
export function fileUrlOf(
  { forge, web }: Pick<PullRequest, 'forge' | 'web'>,
  commit: string,
  { path, line }: { path: string; line: number },
): string | undefined {
  if (web === undefined || !/^https?:\/\//.test(web)) return undefined;
  const file = path
    .split('/')
    .map((part) => encodeURIComponent(part))
    .join('/');
  const folder = { github: 'blob', gitlab: '-/blob', gitea: 'src/commit' }[forge];
  return `${web}/${folder}/${commit}/${file}#L${line}`;
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, '');
}
function said<K extends string>(name: K, value: string | undefined): { [key in K]?: string } {
  return value === undefined || value === '' ? {} : ({ [name]: value } as { [key in K]?: string });
}
