import { Event, EventsEvent, type ObjectReference } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { immutable, invalidValue, required } from '../field-errors.ts';
import { anyConversion, type Conversion } from '../kind.ts';

/** What the two call differently: the name in events.k8s.io, and that in the core group. */
const names = [
  ['deprecatedCount', 'count'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedSource', 'source'],
  ['note', 'message'],
  ['regarding', 'involvedObject'],
  ['reportingController', 'reportingComponent'],
] as const;

/** Event of events.k8s.io, which is stored as the Event of the core group (kubernetes v1.35, apis/events/v1 conversion). */
export const event: Conversion = anyConversion<EventsEvent, Event>({
  kind: EventsEvent,
  stored: Event,
  fromStored: (stored) =>
    renamed(
      stored,
      names.map(([here, there]) => [there, here]),
      { kind: EventsEvent.kind, apiVersion: 'events.k8s.io/v1' },
    ) as unknown as EventsEvent,
  toStored: (own) => {
    const stored = renamed(own, names, { kind: Event.kind, apiVersion: 'v1' });
    return { involvedObject: {}, ...stored } as unknown as Event;
  },
  validate: (object, old) => (old === undefined ? createErrors(object) : updateErrors(object, old)),
  toldFields: { reportingComponent: 'reportingController' },
  selectableFields: {
    ...Object.fromEntries(
      (['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const satisfies (keyof ObjectReference)[]).map(
        (field) => [`regarding.${field}`, ({ involvedObject }: Event) => involvedObject[field] ?? ''],
      ),
    ),
    reason: ({ reason }) => reason ?? '',
    reportingController: ({ reportingComponent }) => reportingComponent ?? '',
    type: ({ type }) => type ?? '',
  },
});

function renamed(object: object, pairs: readonly (readonly [string, string])[], type: { kind: string; apiVersion: string }): object {
  const nameOf = new Map(pairs);
  const fields = Object.entries(object).map(([field, value]) => [nameOf.get(field) ?? field, value as unknown]);
  return { ...Object.fromEntries(fields), ...type };
}

/** What this version asks of a new one beyond the rules of the older (kubernetes v1.35, core/validation ValidateEventCreate). */
function createErrors(event: Event): FieldError[] {
  const errors = seriesErrors(event);
  if (event.eventTime === undefined) errors.push(required('eventTime'));
  if (event.type !== 'Normal' && event.type !== 'Warning') errors.push(invalidValue('type', '', `has invalid value: ${event.type ?? ''}`));
  for (const field of ['firstTimestamp', 'lastTimestamp'] as const) {
    if (event[field] !== undefined) errors.push(invalidValue(field, '', 'needs to be unset'));
  }
  if ((event.count ?? 0) !== 0) errors.push(invalidValue('count', '', 'needs to be unset'));
  if (Object.values(event.source ?? {}).some((part) => part !== '')) errors.push(invalidValue('source', '', 'needs to be unset'));
  return errors;
}

function updateErrors(event: Event, old: Event): FieldError[] {
  const errors = jsonEqual(event.series, old.series) ? [] : seriesErrors(event);
  for (const field of frozen) {
    if (jsonEqual(event[field], old[field])) continue;
    errors.push(immutable(field === 'reportingComponent' ? 'reportingController' : field, event[field] ?? null));
  }
  return errors;
}
const frozen = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
] as const;

function seriesErrors({ series }: Event): FieldError[] {
  if (series === undefined) return [];
  const errors: FieldError[] = [];
  if ((series.count ?? 0) < 2) errors.push(invalidValue('series.count', '', 'should be at least 2'));
  if (series.lastObservedTime === undefined) errors.push(required('series.lastObservedTime'));
  return errors;
}
