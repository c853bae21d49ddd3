import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { KubeObject } from '../../src/api/object.ts';
import { clone } from '../../src/base/json.ts';
import { startApiServer, type TestAnswer, type TestServer } from '../support/api-server.ts';

/** Values by their paths, `spec.containers.0.image` (a dot within a key as `\.`); null takes the value away. */
type Changes = Readonly<Record<string, unknown>>;
/** One wrong object, or one wrong change, and what Kubernetes says of it. */
interface Case {
  readonly name: string;
  /** The rule upstream that refuses it. */
  readonly rule: string;
  /** The whole object, or the file's base with these changes. */
  readonly object?: KubeObject;
  readonly set?: Changes;
  /** There is an older object, the base with these changes, which `set` changes as it is stored. */
  readonly old?: Changes;
  /** The older object's status, written before. */
  readonly oldStatus?: unknown;
  /** What is written to; the object itself by default. */
  readonly subresource?: string;
  readonly user?: string;
  /** All causes, in order; none when it is accepted. */
  readonly errors?: readonly { readonly reason: string; readonly field: string; readonly message: string }[];
  /** A refusal without causes. */
  readonly refusal?: { readonly code: number; readonly reason: string; readonly message: string };
  readonly warnings?: readonly string[];
}
/** A file golden/<group>-<kind>.yaml (`core-pod.yaml`). */
interface Golden {
  readonly base: KubeObject;
  /** What must be there before. */
  readonly objects?: readonly KubeObject[];
  readonly cases: readonly Case[];
}

const folder = join(import.meta.dirname, 'golden');
const namespace = 'shop';
const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

describe.each(
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort(),
)('%s', (file) => {
  const golden = parse(readFileSync(join(folder, file), 'utf8')) as Golden;
  it('has a name for each case', () => {
    const names = golden.cases.map((one) => one.name);
    expect(names).toEqual([...new Set(names)]);
  });
  it.each(golden.cases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const server = await startApiServer();
    try {
      for (const object of [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...(golden.objects ?? [])]) {
        await mustSend(server, 'POST', pathOf(server, object), object);
      }
      expect(outcome(await tell(server, golden, one))).toEqual(expected(one));
    } finally {
      await server.stop();
    }
  });
});

async function tell(server: TestServer, golden: Golden, one: Case): Promise<TestAnswer> {
  const user = one.user ?? 'admin';
  if (one.old === undefined) {
    const object = one.object ?? changed(golden.base, one.set ?? {});
    return server.request('POST', pathOf(server, object), { body: object, user });
  }
  const old = changed(golden.base, one.old);
  const path = `${pathOf(server, old)}/${old.metadata.name}`;
  let live = await mustSend(server, 'POST', pathOf(server, old), old);
  if (one.oldStatus !== undefined) live = await mustSend(server, 'PUT', `${path}/status`, { ...live, status: one.oldStatus } as KubeObject);
  const target = one.subresource === undefined ? path : `${path}/${one.subresource}`;
  const next = one.object ?? changed(live, one.set ?? {});
  return server.request('PUT', target, { body: next, user });
}

function outcome(answer: TestAnswer): object {
  const status = answer.object as { reason?: string; message?: string; details?: { causes?: Record<string, string>[] } };
  const warnings = [...(answer.headers['warning'] ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text]) =>
    (text as string).replace(/\\(.)/g, '$1'),
  );
  if (answer.status < 300) return { errors: [], warnings };
  if (answer.status !== 422) return { refusal: { code: answer.status, reason: status.reason, message: status.message } };
  // Each run has uids of its own.
  const hide = (text = '') => text.replaceAll(uuid, '<uid>');
  const causes = status.details?.causes ?? [];
  return { errors: causes.map(({ reason, field, message }) => ({ reason, field, message: hide(message) })) };
}
function expected(one: Case): object {
  if (one.refusal !== undefined) return { refusal: one.refusal };
  const errors = (one.errors ?? []).map(({ reason, field, message }) => ({ reason, field, message }));
  return errors.length > 0 ? { errors } : { errors, warnings: one.warnings ?? [] };
}

async function mustSend(server: TestServer, method: string, path: string, body: KubeObject): Promise<KubeObject> {
  const { status, object, text } = await server.request(method, path, { body });
  if (status >= 300) throw new Error(`${method} ${path}: ${text}`);
  return object as KubeObject;
}
function pathOf(server: TestServer, { apiVersion, kind: name, metadata }: KubeObject): string {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const kind = server.kinds.findKind(group, version, name)?.kind;
  if (kind === undefined) throw new Error(`${apiVersion} ${name} is not served`);
  const place = kind.namespaced ? `/namespaces/${metadata.namespace ?? namespace}` : '';
  return `${group === '' ? '/api' : `/apis/${group}`}/${version}${place}/${kind.plural}`;
}

function changed<T extends object>(object: T, changes: Changes): T {
  const copy = clone(object) as T;
  for (const [path, value] of Object.entries(changes)) {
    const steps = path.split(/(?<!\\)\./).map((step) => step.replaceAll('\\.', '.'));
    const last = steps.pop() as string;
    let at = copy as Record<string, unknown>;
    for (const step of steps) at = (at[step] ??= {}) as Record<string, unknown>;
    if (value === null && Array.isArray(at)) at.splice(Number(last), 1);
    else if (value === null) delete at[last];
    else at[last] = value;
  }
  return copy;
}
