import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempFolder, workRepository } from '../support/git-servers.ts';
import { startUp, type Up } from '../support/steer-up.ts';

const folder = tempFolder('steer-rest-');
let up: Up;
let admin: Agent;
let stranger: Agent;

beforeAll(async () => {
  const repository = workRepository(join(folder.path, 'repository'));
  repository.commit({});
  up = await startUp(repository.path, { folder: folder.path });
  const file = (name: string) => readFileSync(join(up.dataDir, 'pki', name));
  const ca = file('ca.crt');
  admin = new Agent({ connect: { ca, cert: file('admin.crt'), key: file('admin.key') } });
  stranger = new Agent({ connect: { ca } });
});
afterAll(async () => {
  await Promise.all([admin.close(), stranger.close()]);
  await up.stop();
  folder[Symbol.dispose]();
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: { readonly kind?: string; readonly data?: unknown; readonly metadata?: { readonly resourceVersion?: string } };
}
interface Asked {
  readonly body?: object;
  readonly type?: string;
  readonly as?: Agent;
}
async function ask(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, asked: Asked = {}): Promise<Answer> {
  const { body, type = 'application/json', as = admin } = asked;
  const answer = await request(`${up.url}${path}`, {
    method,
    dispatcher: as,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': type } }),
  });
  const text = await answer.body.text();
  const json = String(answer.headers['content-type'] ?? '').startsWith('application/json');
  return { status: answer.statusCode, text, body: json ? (JSON.parse(text) as Answer['body']) : {} };
}

describe('plain REST over TLS', () => {
  const collection = '/api/v1/namespaces/default/configmaps';
  const path = `${collection}/plain`;
  const object = (data: object, metadata: object = {}) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'plain', ...metadata },
    data,
  });

  it('creates, reads, replaces, patches and deletes, and then it is gone', async () => {
    const created = await ask('POST', collection, { body: object({ a: '1' }) });
    expect({ status: created.status, data: created.body.data }).toEqual({ status: 201, data: { a: '1' } });
    expect(await ask('GET', path)).toMatchObject({ status: 200, body: created.body });
    const { resourceVersion } = created.body.metadata ?? {};
    const replaced = await ask('PUT', path, { body: object({ a: '2' }, { resourceVersion }) });
    expect({ status: replaced.status, data: replaced.body.data }).toEqual({ status: 200, data: { a: '2' } });
    const stale = await ask('PUT', path, { body: object({ a: '3' }, { resourceVersion }) });
    expect(stale).toMatchObject({ status: 409, body: { kind: 'Status', reason: 'Conflict' } });
    const patched = await ask('PATCH', path, { body: { data: { b: '3' } }, type: 'application/merge-patch+json' });
    expect({ status: patched.status, data: patched.body.data }).toEqual({ status: 200, data: { a: '2', b: '3' } });
    expect((await ask('DELETE', path)).status).toBe(200);
    expect(await ask('GET', path)).toMatchObject({
      status: 404,
      body: {
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        reason: 'NotFound',
        message: 'configmaps "plain" not found',
        details: { name: 'plain', kind: 'configmaps' },
        code: 404,
      },
    });
  });

  it('lets nobody in who shows no certificate', async () => {
    for (const path of ['/api', '/apis', collection, '/openapi/v3', '/metrics', '/nowhere'])
      expect(await ask('GET', path, { as: stranger })).toMatchObject({
        status: 401,
        body: { kind: 'Status', reason: 'Unauthorized', code: 401 },
      });
    expect((await ask('POST', collection, { as: stranger, body: object({}) })).status).toBe(401);
  });

  it('tells everybody on this machine whether it lives, and nobody beyond', async () => {
    for (const path of ['/livez', '/readyz', '/healthz'])
      expect(await ask('GET', path, { as: stranger })).toMatchObject({ status: 200, text: 'ok' });
    const beyond = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
    if (beyond === undefined) return;
    const url = up.url.replace('127.0.0.1', beyond);
    await expect(request(`${url}/livez`, { dispatcher: stranger })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
