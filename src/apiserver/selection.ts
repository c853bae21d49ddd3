import type { KubeObject } from '../api/object.ts';
import { matchesLabels, parseFieldSelector, parseLabelSelector, type FieldRequirement } from '../api/selector.ts';
import { badRequest } from '../api/status.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import type { Entry } from '../store/store.ts';
import type { RequestInfo } from './request-info.ts';
import { fieldOf } from './entry-fields.ts';
import type { FieldIndex } from './watch-hub.ts';

/** What a list, watch or deletecollection is narrowed to. */
export interface Selection {
  /** Nothing is left out. */
  readonly everything: boolean;
  matches(entry: Entry<KubeObject>): boolean;
  /** The one name asked for by `metadata.name=`. */
  readonly name?: string;
  /** A field that must have one value, by which watchers are found. */
  readonly index?: FieldIndex;
}

const whole: Selection = { everything: true, matches: () => true };

/** Reads labelSelector and fieldSelector. @throws StatusError BadRequest for a selector that cannot be read or a field that cannot be selected */
export function readSelection(kind: ResourceKind, { query, name }: Pick<RequestInfo, 'query' | 'name'>): Selection {
  const labelText = query.get('labelSelector') ?? '';
  const given = query.get('fieldSelector') ?? '';
  // A path that names one object, as watches of old do, selects it.
  const fieldText = name === '' ? given : [given, `metadata.name=${name}`].filter((text) => text !== '').join(',');
  if (labelText === '' && fieldText === '') return whole;
  const labels = labelText === '' ? [] : reading('label', labelText, parseLabelSelector);
  const fields = fieldText === '' ? [] : reading('field', fieldText, parseFieldSelector);
  for (const { field } of fields) requireSelectable(kind, field);
  const matches = (entry: Entry<KubeObject>) =>
    matchesLabels(labels, entry.labels) &&
    fields.every(({ field, operator, value }) => (fieldOf(kind, entry, field) === value) === (operator === '='));
  return { everything: labels.length + fields.length === 0, matches, ...equalities(kind, fields) };
}

function reading<T>(what: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (cause) {
    const error = badRequest(
      `unable to parse ${what} selector ${JSON.stringify(text)}: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
    error.cause = cause;
    throw error;
  }
}

function requireSelectable(kind: ResourceKind, field: string): void {
  if (field === 'metadata.name' || (field === 'metadata.namespace' && kind.kind.namespaced)) return;
  if (kind.selectableFields[field] === undefined) throw badRequest(`field label not supported: ${field}`);
}

function equalities(kind: ResourceKind, fields: readonly FieldRequirement[]): Pick<Selection, 'name' | 'index'> {
  const equal = fields.filter(({ operator, value }) => operator === '=' && value !== '');
  const name = equal.find(({ field }) => field === 'metadata.name');
  const other = name ?? equal.find(({ field }) => field !== 'metadata.namespace');
  const index = other && { field: other.field, value: other.value, of: (entry: Entry<KubeObject>) => fieldOf(kind, entry, other.field) };
  return { ...(name && { name: name.value }), ...(index && { index }) };
}
