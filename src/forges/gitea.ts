import { isRecord } from '../base/json.ts';
import { field, projectPath, type ForgeOptions } from './fields.ts';
import type { Forge } from './forge.ts';
import { commentOf, githubStatus } from './github.ts';

/** Gitea and Forgejo, by REST v1. All comments of an issue come at once. */
export function createGitea({ caller, pull }: ForgeOptions): Forge {
  const repo = `/repos/${projectPath(pull.project)}`;
  const number = encodeURIComponent(pull.number);
  return {
    name: 'Gitea',
    longest: 65_000,
    headCommit: async () => field((await caller.call('GET', `${repo}/pulls/${number}`)).body, 'head', 'sha'),
    comments: async () => {
      const [all, me] = await Promise.all([caller.list(`${repo}/issues/${number}/comments`), caller.call('GET', '/user')]);
      const mine = field(me.body, 'login');
      return all.filter(({ user }) => isRecord(user) && user['login'] === mine).map((comment) => commentOf(comment));
    },
    create: async (body) => void (await caller.call('POST', `${repo}/issues/${number}/comments`, { body })),
    update: async (id, body) => void (await caller.call('PATCH', `${repo}/issues/comments/${id}`, { body })),
    remove: async (id) => void (await caller.call('DELETE', `${repo}/issues/comments/${id}`)),
    setStatus: async (commit, status) => void (await caller.call('POST', `${repo}/statuses/${commit}`, githubStatus(status))),
  };
}
