import { isRecord } from '../base/json.ts';
import { clipped, field, type ForgeOptions } from './fields.ts';
import type { CommitStatus, Forge } from './forge.ts';
import { commentOf } from './github.ts';

/** GitLab, by REST v4: notes of a merge request. A job's own token may not write them; a project's access token may. */
export function createGitLab({ caller, pull }: ForgeOptions): Forge {
  const project = `/projects/${encodeURIComponent(pull.project)}`;
  const request = `${project}/merge_requests/${encodeURIComponent(pull.number)}`;
  const notes = `${request}/notes`;
  return {
    name: 'GitLab',
    // It would take a million, which no browser likes to show.
    longest: 250_000,
    headCommit: async () => field((await caller.call('GET', request)).body, 'sha'),
    comments: async () => {
      const [all, me] = await Promise.all([caller.list(`${notes}?per_page=100&sort=asc&order_by=created_at`), caller.call('GET', '/user')]);
      const id = field(me.body, 'id');
      const own = all.filter(({ author, system }) => system !== true && isRecord(author) && String(author['id']) === id);
      return own.map((note) => commentOf(note));
    },
    create: async (body) => void (await caller.call('POST', notes, { body })),
    update: async (id, body) => void (await caller.call('PUT', `${notes}/${id}`, { body })),
    remove: async (id) => void (await caller.call('DELETE', `${notes}/${id}`)),
    setStatus: async (commit, status) => void (await caller.call('POST', `${project}/statuses/${commit}`, statusBody(status))),
  };
}

function statusBody({ state, context, description, url }: CommitStatus): Record<string, string> {
  return {
    state: state === 'success' ? 'success' : 'failed',
    name: context,
    description: clipped(description, 140),
    ...(url === undefined ? {} : { target_url: url }),
  };
}
