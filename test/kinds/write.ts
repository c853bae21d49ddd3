import { fieldErrorText } from '../../src/api/status.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { clone } from '../../src/base/json.ts';
import type { KindRegistry } from '../../src/kinds/kind.ts';
import { loadKinds } from '../../src/kinds/load.ts';
import { judgeObject } from '../../src/kinds/object-errors.ts';
import { createKindRegistry } from '../../src/kinds/registry.ts';
import { withDefaults } from '../../src/schema/defaults.ts';

export const kinds: KindRegistry = createKindRegistry(loadKinds());

/** A part of an object, or something that is wrong on purpose. */
export type Loose = Record<string, unknown>;

/** Takes an object the way of a write: defaults, preparation, schema, strategy. Errors are texts with their fields. */
export function write(manifest: Loose, old?: KubeObject): { object: KubeObject & Loose; errors: string[] } {
  const { apiVersion, kind: kindName } = manifest as { apiVersion: string; kind: string };
  const slash = apiVersion.indexOf('/');
  const kind = kinds.findKind(slash < 0 ? '' : apiVersion.slice(0, slash), apiVersion.slice(slash + 1), kindName);
  if (kind === undefined) throw new Error(`${apiVersion} ${kindName} is not served`);
  const object = withDefaults(kind.schema, clone(manifest)) as KubeObject & Loose;
  kind.strategy?.defaults?.(object);
  kind.strategy?.prepare?.(object, old);
  const { errors } = judgeObject(kind, object, old);
  return { object, errors: errors.map((error) => fieldErrorText(error)) };
}

/** The object as it would be stored. @throws when it is refused */
export function stored(manifest: Loose, old?: KubeObject): KubeObject & Loose {
  const { object, errors } = write(manifest, old);
  if (errors.length > 0) throw new Error(errors.join('\n'));
  return object;
}

/** The object with the value at a path of keys and indexes replaced; undefined removes it. */
export function changed<T extends object>(object: T, path: string, value: unknown): T {
  const copy = clone(object) as unknown as Loose;
  const steps = path.split('.');
  const last = steps.pop() as string;
  let at = copy;
  for (const step of steps) at = (at[step] ??= {}) as Loose;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy as unknown as T;
}

/** What a table shows of the object, by column name. */
export function cellsOf(object: KubeObject, now: number): Record<string, unknown> {
  const slash = object.apiVersion.indexOf('/');
  const kind = kinds.findKind(slash < 0 ? '' : object.apiVersion.slice(0, slash), object.apiVersion.slice(slash + 1), object.kind);
  const cells = kind?.strategy?.cells?.(object, now) ?? [];
  return Object.fromEntries((kind?.columns ?? []).map((column, index) => [column.name, cells[index]]));
}

export const podSpec = { containers: [{ name: 'web', image: 'nginx:1.27' }] };
export const template = { metadata: { labels: { app: 'web' } }, spec: podSpec };
export const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop' }, spec: podSpec };
export const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { selector: { matchLabels: { app: 'web' } }, template },
};
export const job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'migrate', namespace: 'shop', uid: 'u-1' },
  spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } },
};
export const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
};
