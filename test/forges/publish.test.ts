import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { ForgeError } from '../../src/forges/caller.ts';
import type { Forge } from '../../src/forges/forge.ts';
import { openForge } from '../../src/forges/open.ts';
import { publishComments } from '../../src/forges/publish.ts';
import { markLine } from '../../src/report/review-markdown.ts';
import { forgeToken, ownLogin, startForge, type ForgeKind, type ForgeServer } from '../support/forge-server.ts';

/** Lets the simulated time pass until the work is done. */
async function wind<T>(clock: SimulatedClock, work: () => Promise<T>): Promise<T> {
  let done = false;
  const result = work().finally(() => (done = true));
  result.catch(() => undefined); // It is awaited below.
  await clock.until(() => done, 3_600_000);
  return result;
}

const start = Date.parse('2026-11-21T12:00:00Z');

describe.each<ForgeKind>(['github', 'gitlab', 'gitea'])('comments on %s', (kind) => {
  let server: ForgeServer;
  let forge: Forge;
  let close: () => Promise<void>;
  let clock: SimulatedClock;
  const waits: string[] = [];
  const project = kind === 'gitlab' ? '7' : 'shop/deploy';
  const mark = { repo: project, pull: '7', instance: 'default' };
  const commit = 'b'.repeat(40);
  const bodyOf = (page: number, text: string) => `${markLine(mark, page)}\n\n${text}\n`;
  const publish = (...texts: string[]) =>
    wind(clock, () => publishComments(forge, { mark, commit, bodies: texts.map((text, index) => bodyOf(index + 1, text)) }));
  const writes = () =>
    server.requests
      .filter(({ method, path }) => method !== 'GET' && !path.endsWith('/graphql'))
      .map(({ method, path }) => `${method} ${path}`);

  beforeEach(async () => {
    server = await startForge(kind);
    clock = new SimulatedClock({ start });
    waits.length = 0;
    const waiting = (message: string) => void waits.push(message);
    const pull = { forge: kind, api: server.api, project, number: '7' };
    ({ forge, close } = openForge(pull, { clock, signal: new AbortController().signal, token: forgeToken, waiting }));
  });
  afterEach(async () => {
    await close();
    await server.close();
  });

  const notes = {
    github: '/repos/shop/deploy/issues/7/comments',
    gitlab: '/api/v4/projects/7/merge_requests/7/notes',
    gitea: '/api/v1/repos/shop/deploy/issues/7/comments',
  }[kind];
  const one = { github: '/repos/shop/deploy/issues/comments', gitlab: notes, gitea: '/api/v1/repos/shop/deploy/issues/comments' }[kind];
  const change = kind === 'gitlab' ? 'PUT' : 'PATCH';

  it('are made one for each part, updated in place, and not written when they say the same', async () => {
    expect(await publish('a', 'b')).toEqual({ created: 2, updated: 0, unchanged: 0, removed: 0 });
    expect(server.comments.map(({ body }) => body)).toEqual([bodyOf(1, 'a'), bodyOf(2, 'b')]);
    const ids = server.comments.map(({ id }) => id);
    expect(await publish('a', 'c')).toEqual({ created: 0, updated: 1, unchanged: 1, removed: 0 });
    expect(server.comments.map(({ id, body }) => [id, body])).toEqual([
      [ids[0], bodyOf(1, 'a')],
      [ids[1], bodyOf(2, 'c')],
    ]);
    expect(writes()).toEqual([`POST ${notes}`, `POST ${notes}`, `${change} ${one}/${ids[1]}`]);
  });
  it('lose the parts that are not there any more, and what stands twice', async () => {
    await publish('a', 'b', 'c');
    server.comments.push({ id: 900, author: ownLogin[kind], body: bodyOf(1, 'again') });
    expect(await publish('a')).toEqual({ created: 0, updated: 0, unchanged: 1, removed: 3 });
    expect(server.comments.map(({ body }) => body)).toEqual([bodyOf(1, 'a')]);
  });
  it('are found on a later page among those of others', async () => {
    server.comments.push(...Array.from({ length: 230 }, (_, index) => ({ id: index + 1, author: 'ada', body: `hello ${index}` })));
    server.comments.push({ id: 500, author: ownLogin[kind], body: bodyOf(1, 'old') });
    expect(await publish('new')).toEqual({ created: 0, updated: 1, unchanged: 0, removed: 0 });
    expect(server.comments.at(-1)).toMatchObject({ id: 500, body: bodyOf(1, 'new') });
  });
  it('of a stranger are left alone, also when they carry the mark; so are those of another instance', async () => {
    const other = `${markLine({ ...mark, instance: 'prod' }, 1)}\n\nprod`;
    server.comments.push({ id: 1, author: 'mallory', body: bodyOf(1, 'No changes') }, { id: 2, author: ownLogin[kind], body: other });
    expect(await publish('true')).toMatchObject({ created: 1, updated: 0 });
    expect(server.comments.map(({ body }) => body)).toEqual([bodyOf(1, 'No changes'), other, bodyOf(1, 'true')]);
  });
  it('are left to the newer run when the pull request has moved on', async () => {
    server.head = 'c'.repeat(40);
    expect(await publish('old news')).toEqual({ created: 0, updated: 0, unchanged: 0, removed: 0, outdated: true });
    expect(server.comments).toEqual([]);
  });
  it('wait as long as the forge asks', async () => {
    server.refusals.push({ status: 429, headers: { 'retry-after': '30' } }, { status: kind === 'gitlab' ? 429 : 403, headers: limit(90) });
    await publish('a');
    expect(server.comments).toHaveLength(1);
    expect(waits.map((wait) => / in (\d+) s$/.exec(wait)?.[1])).toEqual(['30', '61']);
    expect((clock.now() - start) / 1000).toBeGreaterThanOrEqual(91);
  });
  const limit = (seconds: number): Record<string, string> => {
    const names = kind === 'gitlab' ? ['ratelimit-remaining', 'ratelimit-reset'] : ['x-ratelimit-remaining', 'x-ratelimit-reset'];
    return { [names[0] as string]: '0', [names[1] as string]: String(start / 1000 + seconds) };
  };
  it('fail with one sentence when the limit lasts for long', async () => {
    server.refusals.push({ status: 429, headers: { 'retry-after': '3600' } });
    await expect(publish('a')).rejects.toThrow(/limits the rate, and would be asked again only in 60 min/);
  });
  it('are not made twice when an answer is lost: only what can be asked twice is', async () => {
    await publish('a');
    server.refusals.push({ status: 502 });
    expect(await publish('b')).toMatchObject({ updated: 1 });
    const posting = publish('b', 'c');
    await expect(posting).resolves.toMatchObject({ created: 1 });
    const before = server.comments.length;
    await expect(
      wind(clock, async () => {
        const creating = forge.create('x');
        server.refusals.push({ status: 502 });
        await creating;
      }),
    ).rejects.toThrow(ForgeError);
    expect(server.comments).toHaveLength(before);
  });
  it('say what the forge said when it refuses, and never the token', async () => {
    server.refusals.push({ status: 404, body: { message: `no such thing for ${forgeToken}` } });
    const error = await publish('a').catch((failure: unknown) => failure as Error);
    expect(String(error)).toMatch(/answers 404 to GET \S+: no such thing for \(token\)$/);
  });
  it('set a status whose line is as short as the forge takes it', async () => {
    const status = { state: 'failure', context: 'steersman', description: `${'ä'.repeat(200)}`, url: 'https://ci.test/1' } as const;
    await wind(clock, () => forge.setStatus(commit, status));
    const description = `${'ä'.repeat(139)}…`;
    const name = kind === 'gitlab' ? { name: 'steersman' } : { context: 'steersman' };
    const state = kind === 'gitlab' ? 'failed' : 'failure';
    expect(server.statuses).toEqual([{ commit, body: { state, ...name, description, target_url: 'https://ci.test/1' } }]);
  });
});

it('a check run of GitHub has a page of its own', async () => {
  const server = await startForge('github');
  const clock = new SimulatedClock({ start });
  const pull = { forge: 'github', api: server.api, project: 'shop/deploy', number: '7' } as const;
  const { forge, close } = openForge(pull, { clock, signal: new AbortController().signal, token: forgeToken });
  const check = { conclusion: 'neutral', name: 'steersman', title: '1 update', summary: '### all' } as const;
  await wind(clock, async () => forge.addCheck?.('b'.repeat(40), check));
  await close();
  await server.close();
  const output = { title: '1 update', summary: '### all' };
  expect(server.checks).toEqual([{ name: 'steersman', head_sha: 'b'.repeat(40), status: 'completed', conclusion: 'neutral', output }]);
});
