import { refText, splitApiVersion, type KubeObject } from '../../api/object.ts';
import { removedVersion } from '../../api/removed-versions.ts';
import type { Caution } from '../../api/review.ts';
import { recordsAt, valueAt } from '../../base/json.ts';
import { cautionAbout, kindName, type Change, type Rule, type World } from './world.ts';

/** Versions of kinds that are served no longer: those of a definition, and those that Kubernetes has given up. */
export const servedVersions: Rule = {
  name: 'version-not-served',
  find: (world) => [...world.changes.flatMap((change) => dropped(world, change)), ...[...world.changes, ...world.unserved].flatMap(given)],
};

function dropped(world: World, change: Change): Caution[] {
  const { base, head } = change;
  if (base === undefined || head === undefined || kindName(head) !== 'apiextensions.k8s.io/CustomResourceDefinition') return [];
  const now = served(head);
  const kind = `${String(valueAt(head, ['spec', 'group']))}/${String(valueAt(head, ['spec', 'names', 'kind']))}`;
  return [...served(base)]
    .filter((version) => !now.has(version))
    .map((version) => {
      const users = world.after.ofKind(kind).filter((object) => splitApiVersion(object.apiVersion).version === version);
      const [first] = users;
      if (first === undefined) {
        const message = `serves version ${version} of ${kind} no longer: who reads or writes in it must go to another version first`;
        return cautionAbout(change, { rule: 'version-not-served', severity: 'caution', message, fields: ['spec.versions'] });
      }
      const count = users.length === 1 ? 'an object' : `${users.length} objects`;
      const example = refText({
        group: splitApiVersion(first.apiVersion).group,
        kind: first.kind,
        namespace: first.metadata.namespace ?? '',
        name: first.metadata.name,
      });
      const message = `serves version ${version} of ${kind} no longer, in which ${count} of this repository ${users.length === 1 ? 'is' : 'are'} written: ${example}`;
      return cautionAbout(change, { rule: 'version-not-served', severity: 'blocker', message, fields: ['spec.versions'] });
    });
}
function served(definition: KubeObject): Set<string> {
  return new Set(recordsAt(definition, ['spec', 'versions']).flatMap(({ name, served: on }) => (on === true ? [String(name)] : [])));
}

/** Said of what is new or begins to be written so; where the server itself has said it, its word is enough. */
function given(change: Change): Caution[] {
  const { base, head, step } = change;
  if (head === undefined || base?.apiVersion === head.apiVersion || step?.findings?.some(({ kind }) => kind === 'unserved') === true)
    return [];
  const message = removedVersion(head.apiVersion, head.kind);
  return message === undefined
    ? []
    : [cautionAbout(change, { rule: 'removed-version', severity: 'caution', message, fields: ['apiVersion'] })];
}
