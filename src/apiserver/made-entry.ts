import type { KubeObject } from '../api/object.ts';
import { deepFreeze } from '../base/json.ts';
import type { Entry } from '../store/store.ts';
import { encodeText } from './answer.ts';

/** An entry that is not in the store, or not so: `parts` say where it stands, `value` what it is. */
export function madeEntry(parts: Pick<Entry<KubeObject>, 'key' | 'labels' | 'created' | 'revision'>, value: KubeObject): Entry<KubeObject> {
  const { key, labels, created, revision } = parts;
  const frozen = deepFreeze(value);
  const json = encodeText(JSON.stringify(value));
  return { key, labels, created, revision, json, size: json.length, value: () => frozen };
}
