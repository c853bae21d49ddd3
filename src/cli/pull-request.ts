import { readFileSync } from 'node:fs';
import { proxyFor } from '../client/proxy.ts';
import { projectOfJob, pullRequestOfJob, triggeringCommit } from '../forges/ci.ts';
import type { PullRequest } from '../forges/forge.ts';
import { openForge } from '../forges/open.ts';
import { text, type Call } from './command.ts';
import type { Environment } from './environment.ts';
import { say, UsageError } from './output.ts';

const kinds = ['github', 'gitlab', 'gitea'] as const;

/** The pull request that options name, or else that of the CI job. @throws UsageError that says what is missing */
export function pullRequestOf(call: Call): PullRequest {
  const { environment } = call;
  const found = pullRequestOfJob(environment.variables, eventText(environment));
  const project = projectGiven(call, found);
  const number = text(call, 'pull') ?? found?.number;
  if (number === undefined) throw new UsageError('no pull request: this is no CI job of one, and --pull is not given');
  if (!/^[1-9]\d*$/.test(number)) throw new UsageError(`--pull ${number}: must be the number of a pull request`);
  return { ...found, ...project, number };
}

/** The project alone, for comments that another job wrote; `pull` is theirs. */
export function projectFor(call: Call, pull: { readonly pull: string; readonly commit: string }): PullRequest {
  const { environment } = call;
  const trigger = triggeringCommit(eventText(environment));
  if (trigger !== undefined && trigger !== pull.commit) {
    throw new Error(`the comments are for the commit ${pull.commit}, and the job that made them ran for ${trigger}: they are not posted`);
  }
  const project = projectGiven(call, projectOfJob(environment.variables));
  return { ...project, number: pull.pull, headCommit: pull.commit };
}

function projectGiven(call: Call, found: Omit<PullRequest, 'number'> | undefined): Omit<PullRequest, 'number'> {
  const forge = kinds.find((kind) => kind === (text(call, 'forge') ?? found?.forge));
  if (forge === undefined) {
    const given = text(call, 'forge');
    throw new UsageError(
      given === undefined
        ? 'this is no CI job of a pull request: name --forge, --project and --pull'
        : `--forge ${given}: must be one of ${kinds.join(', ')}`,
    );
  }
  const project = text(call, 'project') ?? found?.project;
  if (project === undefined || project === '') throw new UsageError('--project: which one? owner/name, or the number of a GitLab project');
  return { ...found, forge, project, api: apiGiven(call, forge, found?.api) };
}

const publicApis = { github: 'https://api.github.com', gitlab: 'https://gitlab.com/api/v4', gitea: '' };
function apiGiven(call: Call, forge: PullRequest['forge'], found: string | undefined): string {
  const api = text(call, 'api') ?? found ?? publicApis[forge];
  if (URL.canParse(api) && /^https?:$/.test(new URL(api).protocol)) return api.replace(/\/+$/, '');
  throw new UsageError(`--api ${api}: must be the address of the API, as https://git.example/api/v1`);
}

function eventText({ variables }: Environment): string | undefined {
  const path = variables['GITHUB_EVENT_PATH'];
  return path === undefined || path === '' ? undefined : readFileSync(path, 'utf8');
}

/** Where a token is looked for, in this order. */
const tokenVariables: Readonly<Record<PullRequest['forge'], readonly string[]>> = {
  github: ['STEER_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN'],
  gitlab: ['STEER_TOKEN', 'GITLAB_TOKEN'],
  gitea: ['STEER_TOKEN', 'GITEA_TOKEN', 'FORGEJO_TOKEN', 'GITHUB_TOKEN'],
};

/** The token of the environment. @throws UsageError where there is none */
export function tokenFor({ environment }: Call, pull: PullRequest): string {
  const names = tokenVariables[pull.forge];
  const token = names.map((name) => environment.variables[name]).find((value) => value !== undefined && value !== '');
  if (token !== undefined) return token;
  throw new UsageError(`no token: set ${names.slice(0, 2).join(' or ')}, or leave the comment to another job with --write FILE`);
}

/** Connects to the forge as the one whose token it is. */
export function connectForge(call: Call, pull: PullRequest): ReturnType<typeof openForge> {
  const { environment } = call;
  const { variables, clock, interrupted } = environment;
  const proxy = proxyFor(new URL(pull.api), variables);
  const token = tokenFor(call, pull);
  return openForge(pull, { clock, signal: interrupted, token, proxy, waiting: (message) => say(environment, message) });
}
