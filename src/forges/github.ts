import { isRecord } from '../base/json.ts';
import type { Caller } from './caller.ts';
import { ForgeError } from './caller.ts';
import { clipped, field, projectPath, type ForgeOptions } from './fields.ts';
import type { CheckRun, CommitStatus, Forge, ForgeComment } from './forge.ts';

/** GitHub asks for a second between two writes. */
const betweenWritesMs = 1000;

/** GitHub and GitHub Enterprise Server, by REST; comments of a pull request are those of its issue. */
export function createGitHub({ caller, pull, clock, signal }: ForgeOptions): Forge {
  const repo = `/repos/${projectPath(pull.project)}`;
  const number = encodeURIComponent(pull.number);
  let wrote = false;
  const write: Caller['call'] = async (method, path, body) => {
    if (wrote) await clock.sleep(betweenWritesMs, { signal });
    wrote = true;
    return caller.call(method, path, body);
  };
  return {
    name: 'GitHub',
    longest: 65_000,
    headCommit: async () => field((await caller.call('GET', `${repo}/pulls/${number}`)).body, 'head', 'sha'),
    comments: async () => {
      const [all, mine] = await Promise.all([caller.list(`${repo}/issues/${number}/comments?per_page=100`), ownLogin(caller, pull.api)]);
      return all.filter((comment) => isOwn(comment, mine)).map((comment) => commentOf(comment));
    },
    create: async (body) => void (await write('POST', `${repo}/issues/${number}/comments`, { body })),
    update: async (id, body) => void (await write('PATCH', `${repo}/issues/comments/${id}`, { body })),
    remove: async (id) => void (await write('DELETE', `${repo}/issues/comments/${id}`)),
    setStatus: async (commit, status) => void (await write('POST', `${repo}/statuses/${commit}`, githubStatus(status))),
    addCheck: async (commit, check) => void (await write('POST', `${repo}/check-runs`, checkBody(commit, check))),
  };
}

export function commentOf(comment: Readonly<Record<string, unknown>>): ForgeComment {
  return { id: String(comment['id']), body: typeof comment['body'] === 'string' ? comment['body'] : '' };
}
/** GitHub and Gitea take the same. */
export function githubStatus({ state, context, description, url }: CommitStatus): Record<string, string> {
  return { state, context, description: clipped(description, 140), ...(url === undefined ? {} : { target_url: url }) };
}

function checkBody(commit: string, { name, conclusion, title, summary, url }: CheckRun): Record<string, unknown> {
  const output = { title: clipped(title, 255), summary };
  return { name, head_sha: commit, status: 'completed', conclusion, output, ...(url === undefined ? {} : { details_url: url }) };
}

/**
 * Whose token this is. The token of a job may not ask for its user by REST, but by GraphQL it may. Undefined: unknown, so that only
 * comments of bots count as ours; a comment of a person would let that person say in our name what he likes.
 */
async function ownLogin(caller: Caller, api: string): Promise<string | undefined> {
  try {
    return field((await caller.call('GET', '/user')).body, 'login');
  } catch (error) {
    if (!(error instanceof ForgeError) || ![401, 403, 404].includes(error.status)) throw error;
  }
  try {
    const url = api.endsWith('/api/v3') ? `${api.slice(0, -2)}graphql` : `${api}/graphql`;
    return field((await caller.call('POST', url, { query: '{ viewer { login } }' })).body, 'data', 'viewer', 'login');
  } catch (error) {
    if (error instanceof ForgeError) return undefined;
    throw error;
  }
}
function isOwn({ user }: Readonly<Record<string, unknown>>, mine: string | undefined): boolean {
  if (!isRecord(user)) return false;
  if (mine === undefined) return user['type'] === 'Bot';
  // REST calls an app `name[bot]`, GraphQL calls it `name`.
  const login = String(user['login']);
  return login === mine || (user['type'] === 'Bot' && login === `${mine}[bot]`);
}
