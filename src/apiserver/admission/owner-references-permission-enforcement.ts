import { splitApiVersion, type KubeObject, type OwnerReference } from '../../api/object.ts';
import { jsonEqual } from '../../base/json.ts';
import type { AdmissionPlugin, Attempt } from './index.ts';
import { refused } from './refusal.ts';

/** Who changes owners may delete the object, and may hold up the owner where he does (kubernetes, plugin OwnerReferencesPermissionEnforcement; off by default). */
export const ownerReferencesPermissionEnforcement: AdmissionPlugin = {
  name: 'OwnerReferencesPermissionEnforcement',
  validate: (attempt) => {
    const { object, old, operation, subresource } = attempt;
    const [now, before] = [ownersOf(object), ownersOf(old)];
    if (operation === 'delete' || subresource === 'status' || jsonEqual(now, before)) return undefined;
    return check(attempt, now, before);
  },
};

function ownersOf(object: Readonly<KubeObject> | undefined): readonly OwnerReference[] {
  return object?.metadata.ownerReferences ?? [];
}

async function check(attempt: Attempt, now: readonly OwnerReference[], before: readonly OwnerReference[]): Promise<void> {
  const { call, object, operation } = attempt;
  const { kind } = call.kind;
  const { namespace = '', name } = object.metadata;
  const base = { isResource: true, path: '', fieldSelector: '', version: kind.version };
  if (operation === 'update') {
    const asked = { ...base, verb: 'delete', group: kind.group, resource: kind.plural, subresource: '', namespace, name };
    const { allowed, reason } = await call.server.authorize(call.user, asked);
    if (!allowed) throw refused(attempt, `cannot set an ownerRef on a resource you can't delete: ${reason}, <nil>`);
  }
  const held = (one: OwnerReference): boolean =>
    before.some(({ uid, blockOwnerDeletion }) => uid === one.uid && blockOwnerDeletion === true);
  for (const owner of now.filter((one) => one.blockOwnerDeletion === true && !held(one))) {
    const { group, version } = splitApiVersion(owner.apiVersion);
    const found = call.server.kinds.findKind(group, version, owner.kind)?.kind;
    if (found === undefined) {
      const what = `APIVersion ${owner.apiVersion} Kind ${owner.kind}`;
      throw refused(attempt, `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for ${what}: no matches for kind`);
    }
    const place = {
      group,
      resource: found.plural,
      subresource: 'finalizers',
      namespace: found.namespaced ? namespace : '',
      name: owner.name,
    };
    const { allowed, reason } = await call.server.authorize(call.user, { ...base, verb: 'update', ...place });
    if (allowed) continue;
    const why = "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on";
    throw refused(attempt, `${why}: ${reason}, <nil>`);
  }
}
