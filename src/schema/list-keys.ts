import type { ErrorObject, FuncKeywordDefinition, SchemaValidateFunction } from 'ajv';
import { isRecord } from '../base/json.ts';
import type { ListRule } from './ajv-schema.ts';

/** Finds items of a list that are the same by its rule. Its `errors` are those of the last call. */
export const findDuplicates: SchemaValidateFunction = (rule: ListRule, list: unknown[]) => {
  delete findDuplicates.errors;
  if (list.length < 2) return true;
  const seen = new Set<unknown>();
  const errors: Partial<ErrorObject>[] = [];
  for (let index = 0; index < list.length; index++) {
    const key = keyOf(rule, list[index]);
    if (seen.has(key)) errors.push({ keyword: 'listKeys', params: { index, key: rule.names ? rule.keys[0]?.[0] : undefined } });
    else if (key !== undefined) seen.add(key);
  }
  if (errors.length === 0) return true;
  findDuplicates.errors = errors;
  return false;
};
/** The keyword by which a document names the rule of a list. */
export const listKeys: FuncKeywordDefinition = { keyword: 'listKeys', type: 'array', errors: true, validate: findDuplicates };

/** What makes an item itself; undefined when a key is missing, which is said elsewhere. */
function keyOf({ keys }: ListRule, item: unknown): unknown {
  if (keys.length === 0) return typeof item === 'object' ? JSON.stringify(item) : `${typeof item}:${String(item)}`;
  if (!isRecord(item)) return undefined;
  const [first] = keys;
  if (keys.length === 1 && first !== undefined) return item[first[0]] ?? first[1];
  return JSON.stringify(keys.map(([name, fallback]) => item[name] ?? fallback));
}
