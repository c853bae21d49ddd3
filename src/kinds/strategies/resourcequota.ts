import { ResourceQuota } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell } from '../cells.ts';
import { immutable } from '../field-errors.ts';
import { amountErrors, quotaNameErrors } from '../quota/resource-names.ts';
import { scopeErrors } from '../quota/scopes.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';

export const resourcequota: KindRules<ResourceQuota> = {
  kind: ResourceQuota,
  complete: true,
  generation: 'none',
  defaults: (object) => {
    object.spec ??= {};
  },
  validate: (object, old) => {
    const { spec = {}, status = {} }: Sent<ResourceQuota> = object;
    const errors = [...listErrors(spec.hard ?? {}, 'spec.hard'), ...scopeErrors(spec)];
    errors.push(...listErrors(status.hard ?? {}, 'status.hard'), ...listErrors(status.used ?? {}, 'status.used'));
    const [now, before] = [spec.scopes ?? [], old?.spec?.scopes ?? []].map((list) => [...new Set(list)].sort().join(','));
    return old === undefined || now === before ? errors : [...errors, immutable('spec.scopes', spec.scopes ?? null)];
  },
  cells: ({ metadata, status = {} }, now) => {
    const texts = Object.keys(status.hard ?? {})
      .sort()
      .map((name) => [name, `${name}: ${status.used?.[name] ?? '0'}/${status.hard?.[name] ?? '0'}`] as const);
    const isLimit = (name: string): boolean => name.startsWith('limits.');
    const list = (wanted: boolean): string => texts.flatMap(([name, text]) => (isLimit(name) === wanted ? [text] : [])).join(', ');
    return [metadata.name, list(false), list(true), ageCell(metadata.creationTimestamp, now)];
  },
};

function listErrors(list: Readonly<Record<string, string>>, at: string): FieldError[] {
  return Object.entries(list).flatMap(([name, amount]) => [
    ...quotaNameErrors(`${at}[${name}]`, name),
    ...amountErrors(`${at}[${name}]`, name, amount),
  ]);
}
