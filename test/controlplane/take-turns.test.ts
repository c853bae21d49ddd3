import { expect, it } from 'vitest';
import type { ApiRequest, ApiResponse } from '../../src/api/http.ts';
import { turnsOfWrites } from '../../src/controlplane/take-turns.ts';

/** A server that answers when it is told to, in whatever order. */
function slowServer() {
  const under: { readonly path: string; end(failure?: Error): void }[] = [];
  const handle = ({ path }: ApiRequest): Promise<ApiResponse> =>
    new Promise((resolve, reject) => {
      const answer = { status: 200, headers: {}, body: new Uint8Array() };
      under.push({ path, end: (failure) => (failure === undefined ? resolve(answer) : reject(failure)) });
    });
  return { handle, under, paths: () => under.map(({ path }) => path) };
}
const request = (method: string, path: string): ApiRequest => ({ method, path, query: '', headers: {} });
const pods = '/api/v1/namespaces/default/pods';

it('lets some writes through at once, and the others in their order as those end, whatever their end', async () => {
  const server = slowServer();
  const wrap = turnsOfWrites();
  const [one, other] = [wrap(server.handle), wrap(server.handle)];
  const writes = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? one : other)(request('POST', `${pods}/${index}`)));
  const settled = Promise.allSettled(writes);
  await Promise.resolve();
  const first = server.under.length;
  expect([first > 0, first < 200]).toEqual([true, true]);
  for (let index = 0; index < 200; index++) {
    expect(server.under.length).toBe(Math.min(200, first + index));
    server.under[index]?.end(index % 3 === 0 ? new Error('no') : undefined);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(server.paths()).toEqual(Array.from({ length: 200 }, (_, index) => `${pods}/${index}`));
  expect((await settled).filter(({ status }) => status === 'rejected')).toHaveLength(67);
});

it('new pods wait for what makes the others run, but not for ever', async () => {
  const server = slowServer();
  const handle = turnsOfWrites()(server.handle);
  const writes = [
    ...Array.from({ length: 300 }, (_, index) => handle(request('POST', index < 100 ? '/api/v1/namespaces/default/configmaps' : pods))),
    ...Array.from({ length: 150 }, (_, index) => handle(request('PATCH', `${pods}/p-${index}/status`))),
  ];
  await Promise.resolve();
  const first = server.under.length;
  for (let index = 0; index < writes.length; index++) {
    server.under[index]?.end();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(writes);
  // Behind what was let in at once: the rest of the first hundred and the 150 come with one new pod after seven of them.
  const between = server.paths().slice(first, first + 200);
  const news = between.filter((path) => path === pods).length;
  expect([news > 10, news < 40]).toEqual([true, true]);
  expect(
    server
      .paths()
      .slice(-150)
      .filter((path) => path === pods).length,
  ).toBeGreaterThan(140);
});

it('reads, leases and what others wait for never wait', async () => {
  const server = slowServer();
  const handle = turnsOfWrites()(server.handle);
  const writes = Array.from({ length: 500 }, (_, index) => handle(request('PUT', `${pods}/${index}`)));
  await Promise.resolve();
  const before = server.under.length;
  const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n';
  const exempt = [
    request('GET', pods),
    request('PATCH', lease),
    request('POST', '/api/v1/namespaces/default/serviceaccounts'),
    request('POST', '/api/v1/namespaces/default/events'),
  ];
  const answers = exempt.map((each) => handle(each));
  await Promise.resolve();
  expect(server.paths().slice(before)).toEqual(exempt.map(({ path }) => path));
  while (server.under.length > 0) {
    for (const each of server.under.splice(0)) each.end();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all([...answers, ...writes]);
});
