import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DecodeError } from '../../src/schema/decode.ts';
import { createProtobufDecoder } from '../../src/kinds/protobuf.ts';
import { builtInKinds, startApiServer, type TestServer } from '../support/api-server.ts';
import { corpus, corpusPath } from '../support/corpus.ts';

/** A field of a message: texts and messages by their length, numbers as they are. */
type Part = readonly [number: number, value: string | number | Uint8Array | readonly Part[]];
function message(parts: readonly Part[]): Uint8Array {
  return Buffer.concat(
    parts.flatMap(([number, value]) => {
      if (typeof value === 'number') return [varint(number * 8), varint(value)];
      const bytes = typeof value === 'string' || value instanceof Uint8Array ? Buffer.from(value as string) : message(value);
      return [varint(number * 8 + 2), varint(bytes.length), bytes];
    }),
  );
}
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 128n) return Uint8Array.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) + 128);
  }
}
function sent(apiVersion: string, kind: string, parts: readonly Part[]): Uint8Array {
  const envelope = message([
    [1, [[1, apiVersion], [2, kind]]], // prettier-ignore
    [2, message(parts)],
    [3, ''],
    [4, ''],
  ]);
  return Buffer.concat([Buffer.from('k8s\0'), envelope]);
}
const decoder = createProtobufDecoder();

describe('an object in protobuf', () => {
  const none: Part = [8, []]; // metadata.creationTimestamp, which is written also where there is none

  it('is what JSON would say: empty fields that JSON leaves out are not there, and what was set to nothing is', () => {
    const container: Part[] = [[1, 'main'], [2, ''], [6, [[1, 'http'], [2, 0], [3, 80], [4, 'TCP']]]]; // prettier-ignore
    const spec: Part[] = [[1, 0], [2, [[1, [[1, 'app'], [2, 'web']]]]], [3, [[1, [none]], [2, [[2, container]]]]], [5, 0]]; // prettier-ignore
    expect(
      decoder.decode(
        sent('apps/v1', 'Deployment', [
          [1, [[1, 'web'], [2, ''], none]],
          [2, spec],
          [3, [[1, 0]]],
        ]),
      ),
    ).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: {}, spec: { containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 80, protocol: 'TCP' }] }] } },
      },
      status: {},
    });
  });

  it('holds amounts, times, bytes, numbers below zero, and names of any sort', () => {
    const data: Part[] = [[2, [[1, '__proto__'], [2, 'a']]], [2, [[1, 'empty']]], [3, 'Opaque']]; // prettier-ignore
    const metadata: Part[] = [[1, 's'], [7, -1], [9, [[1, 1_767_225_600], [2, 0]]]]; // prettier-ignore
    const read = decoder.decode(sent('v1', 'Secret', [[1, metadata], ...data]));
    expect(JSON.stringify(read)).toBe(
      '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","generation":-1,"deletionTimestamp":"2026-01-01T00:00:00Z"},' +
        '"data":{"__proto__":"YQ==","empty":""},"type":"Opaque"}',
    );
    const hard: Part[] = [[1, [[1, 'pods'], [2, [[1, '3']]]]]]; // prettier-ignore
    expect(decoder.decode(sent('v1', 'ResourceQuota', [[2, hard]]))).toEqual({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      spec: { hard: { pods: '3' } },
    });
  });

  it.each([
    ['without its envelope', Buffer.from('{"kind":"Pod"}')],
    ['that breaks off', sent('v1', 'Secret', [[1, [[1, 'long enough']]]]).subarray(0, -20)], // prettier-ignore
    ['with text where a number belongs', sent('apps/v1', 'Deployment', [[2, [[1, 'three']]]])],
    ['with a number where text belongs', sent('v1', 'Secret', [[3, 3]])],
    ['with a number that has no end', sent('v1', 'Secret', [[1, new Uint8Array(30).fill(0xff)]])],
    ['of a length beyond its end', Buffer.concat([Buffer.from('k8s\0'), Uint8Array.from([0x12, 0xff, 0xff, 0xff, 0xff, 0x0f])])],
    ['with a time that is none', sent('v1', 'Secret', [[1, [[8, [[1, 2 ** 50]]]]]])],
  ])('%s is refused', (_, body) => {
    expect(() => decoder.decode(body)).toThrow(DecodeError);
  });

  it('of a custom kind has no such form, whatever the group', () => {
    expect(decoder.decode(sent('apps.example.com/v1', 'Deployment', []))).toBeUndefined();
    expect(decoder.decode(sent('v1', 'Nothing', []))).toBeUndefined();
  });
});

describe('a server that is sent protobuf', () => {
  let api: TestServer;
  beforeAll(async () => {
    api = await startApiServer();
  });
  afterAll(() => api.stop());
  const headers = { 'content-type': 'application/vnd.kubernetes.protobuf' };
  const maps = '/api/v1/namespaces/default/configmaps';

  it('creates, replaces and deletes by it', async () => {
    const map = (value: string) => sent('v1', 'ConfigMap', [[1, [[1, 'a']]], [2, [[1, 'k'], [2, value]]]]); // prettier-ignore
    const made = await api.request('POST', maps, { headers, body: map('v') });
    expect([made.status, made.object]).toMatchObject([201, { kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'v' } }]);
    const put = await api.request('PUT', `${maps}/a`, { headers, body: map('w') });
    expect([put.status, put.object]).toMatchObject([200, { data: { k: 'w' } }]);
    const wrong = sent('v1', 'DeleteOptions', [[2, [[1, 'another']]]]); // prettier-ignore
    expect(await api.request('DELETE', `${maps}/a`, { headers, body: wrong })).toMatchObject({ status: 409 });
    expect(await api.request('DELETE', `${maps}/a`, { headers, body: sent('apps/v1', 'DeleteOptions', []) })).toMatchObject({
      status: 200,
    });
  });

  it('says what is wrong with a body, and what it takes for kinds that have no such form', async () => {
    const broken = await api.request('POST', maps, { headers, body: Buffer.from('k8s\0\x12\xff') });
    expect(broken.object).toMatchObject({ code: 400, reason: 'BadRequest' });
    const secret = await api.request('POST', maps, { headers, body: sent('v1', 'Secret', [[1, [[1, 'a']]]]) }); // prettier-ignore
    expect(secret.object).toMatchObject({
      code: 400,
      message: 'the kind in the data (Secret) does not match the expected kind (ConfigMap)',
    });
    const shelves = await api.request('POST', maps, { headers, body: sent('demo.example/v1', 'Shelf', []) });
    expect(shelves.object).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' });
  });
});

/** Definitions and API services come from packages of their own, which send JSON. */
const without = ['CustomResourceDefinition', 'APIService'];
const kinds = builtInKinds().filter(({ kind }) => !kind.group.endsWith('steersman.dev'));

describe.skipIf(corpus === undefined)('an object with every field set, published in both forms', () => {
  const file = (kind: (typeof kinds)[number]['kind'], form: string) => {
    const name = `${kind.group === '' ? 'core' : kind.group}.${kind.version}.${kind.kind}.${form}`;
    const path = ['v1.35.0', 'HEAD'].map((release) => corpusPath('suites/api-testdata', release, name)).find((one) => existsSync(one));
    return path === undefined ? undefined : readFileSync(path);
  };
  const published = kinds.filter(({ kind }) => file(kind, 'pb') !== undefined);

  it('is there for every kind', () => {
    expect(kinds.filter((each) => !published.includes(each)).map(({ kind }) => kind.kind)).toEqual(without);
  });

  it.each(published.map(({ kind }) => [`${kind.group}/${kind.version} ${kind.kind}`, kind] as const))(
    '%s is the same in both',
    (_, kind) => {
      expect(decoder.decode(file(kind, 'pb') ?? new Uint8Array(0))).toEqual(JSON.parse(String(file(kind, 'json'))));
    },
  );
});
