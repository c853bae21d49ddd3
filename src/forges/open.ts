import type { Clock } from '../base/clock.ts';
import { Caller } from './caller.ts';
import type { Forge, PullRequest } from './forge.ts';
import { createGitea } from './gitea.ts';
import { createGitHub } from './github.ts';
import { createGitLab } from './gitlab.ts';

export interface OpenForgeOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly token: string;
  readonly proxy?: string | undefined;
  readonly waiting?: (message: string) => void;
}

const forges = { github: createGitHub, gitlab: createGitLab, gitea: createGitea };
const names = { github: 'GitHub', gitlab: 'GitLab', gitea: 'Gitea' };

/** A forge as the user whose token it is. `close` ends its connections. */
export function openForge(pull: PullRequest, options: OpenForgeOptions): { readonly forge: Forge; close(): Promise<void> } {
  const { clock, signal } = options;
  const caller = new Caller({ ...options, forge: names[pull.forge], api: pull.api, headers: headersFor(pull.forge, options.token) });
  return { forge: forges[pull.forge]({ caller, pull, clock, signal }), close: () => caller.close() };
}

function headersFor(forge: PullRequest['forge'], token: string): Record<string, string> {
  switch (forge) {
    case 'github':
      return { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };
    case 'gitlab':
      return { 'private-token': token };
    case 'gitea':
      return { authorization: `token ${token}` };
  }
}
