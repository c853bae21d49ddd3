import type { KubeObject } from '../../api/object.ts';
import { setOwn } from '../../base/json.ts';

type Members = Record<string, unknown>;
const membersOf = (object: Readonly<KubeObject>): Readonly<Members> => object as unknown as Members;

/** What an object does not share with the live one. */
export function ownMembers(object: Readonly<KubeObject>, live: Readonly<KubeObject>): KubeObject {
  const own: Members = {};
  for (const name in object) {
    if (!Object.hasOwn(live, name) || membersOf(object)[name] !== membersOf(live)[name]) setOwn(own, name, membersOf(object)[name]);
  }
  return own as unknown as KubeObject;
}
/** The object with its own members as they were rewritten, in the same order. */
export function withOwn(object: KubeObject, own: KubeObject, rewritten: KubeObject): KubeObject {
  const out: Members = {};
  for (const name in object) {
    const from = Object.hasOwn(own, name) ? rewritten : object;
    if (Object.hasOwn(from, name)) setOwn(out, name, membersOf(from)[name]);
  }
  return out as unknown as KubeObject;
}
