import type { FoundApplication } from '../found.ts';
import { folderOf } from '../imports/tree.ts';

/** One name for one application: where clusters or kinds share a name, it carries what tells them apart. By name. */
export function distinctNames(applications: readonly FoundApplication[]): readonly FoundApplication[] {
  return [...distinct(applications)].sort(
    (a, b) => compare(a.application.namespace, b.application.namespace) || compare(a.application.name, b.application.name),
  );
}

function distinct(applications: readonly FoundApplication[]): readonly FoundApplication[] {
  if (new Set(applications.map((one) => idOf(one))).size === applications.length) return applications;
  const named = spread(applications, ({ cluster }) => lastPart(cluster));
  const byForm = spread(named, ({ form }) => (form === 'FluxHelmRelease' ? 'release' : ''));
  const byPlace = spread(byForm, ({ origin, path }) => lastPart(origin === undefined ? path : folderOf(origin.path)));
  return following(applications, numbered(byPlace));
}

/** What depends on a renamed application of its cluster depends on it under the new name. */
function following(before: readonly FoundApplication[], after: readonly FoundApplication[]): readonly FoundApplication[] {
  const id = (cluster: string, form: string, key: FoundApplication['application']) =>
    JSON.stringify([cluster, form, key.namespace, key.name]);
  const names = new Map(before.map((one, at) => [id(one.cluster, one.form, one.application), after[at]?.application.name ?? '']));
  return after.map((one) => ({
    ...one,
    dependsOn: one.dependsOn.map((key) => ({ ...key, name: names.get(id(one.cluster, one.form, key)) ?? key.name })),
  }));
}

/** Adds a suffix to names that several have, where the suffix tells at least two of them apart. */
function spread(all: readonly FoundApplication[], suffixOf: (one: FoundApplication) => string): readonly FoundApplication[] {
  const groups = new Map<string, FoundApplication[]>();
  for (const one of all) {
    const group = groups.get(idOf(one));
    if (group === undefined) groups.set(idOf(one), [one]);
    else group.push(one);
  }
  return all.map((one) => {
    const group = groups.get(idOf(one)) ?? [];
    if (group.length <= 1) return one;
    const suffix = suffixOf(one);
    const apart = suffix !== '' && group.some((other) => suffixOf(other) !== suffix);
    return apart ? renamed(one, `${one.application.name}.${suffix}`) : one;
  });
}
function numbered(all: readonly FoundApplication[]): readonly FoundApplication[] {
  const seen = new Map<string, number>();
  return all.map((one) => {
    const count = (seen.get(idOf(one)) ?? 0) + 1;
    seen.set(idOf(one), count);
    return count === 1 ? one : renamed(one, `${one.application.name}.${count}`);
  });
}
function renamed(one: FoundApplication, name: string): FoundApplication {
  return { ...one, application: { ...one.application, name } };
}
function idOf({ application }: FoundApplication): string {
  return `${application.namespace}/${application.name}`;
}
function lastPart(text: string): string {
  const part = text.split(/[/ ]/).findLast((one) => one !== '') ?? '';
  return part
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
}
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
