import { Event } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell } from '../cells.ts';
import { invalidValue, required } from '../field-errors.ts';
import type { KindRules } from '../rules.ts';

export const event: KindRules<Event> = {
  kind: Event,
  generation: 'none',
  validate: (object) => {
    const about = object.involvedObject.namespace ?? '';
    const { namespace = '' } = object.metadata;
    const errors: FieldError[] = [];
    const good = about === '' ? namespace === 'default' || namespace === 'kube-system' || namespace === '' : about === namespace;
    if (!good) errors.push(invalidValue('involvedObject.namespace', about, 'does not match event.namespace'));
    if (object.eventTime === undefined) return errors;
    for (const field of ['reportingComponent', 'reportingInstance', 'action', 'reason'] as const) {
      if (!object[field]) errors.push(required(field === 'reportingComponent' ? 'reportingController' : field));
    }
    if (object.type !== 'Normal' && object.type !== 'Warning') errors.push(invalidValue('type', object.type ?? '', 'has invalid value: '));
    return errors;
  },
  cells: (object, now) => {
    const { metadata, involvedObject, series, type = '', reason = '', message = '' } = object;
    const first = object.firstTimestamp ?? object.eventTime;
    const last = series?.lastObservedTime ?? object.lastTimestamp ?? first;
    return [
      ageCell(last, now),
      type,
      reason,
      aboutCell(involvedObject),
      involvedObject.fieldPath ?? '',
      sourceCell(object),
      message.trim(),
      ageCell(first, now),
      series?.count ?? (object.count || 1),
      metadata.name,
    ];
  },
  selectableFields: {
    'involvedObject.kind': ({ involvedObject }) => involvedObject.kind ?? '',
    'involvedObject.namespace': ({ involvedObject }) => involvedObject.namespace ?? '',
    'involvedObject.name': ({ involvedObject }) => involvedObject.name ?? '',
    'involvedObject.uid': ({ involvedObject }) => involvedObject.uid ?? '',
    'involvedObject.apiVersion': ({ involvedObject }) => involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': ({ involvedObject }) => involvedObject.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
    source: ({ source, reportingComponent }) => source?.component || (reportingComponent ?? ''),
    type: ({ type }) => type ?? '',
  },
};

function aboutCell({ kind = '', name = '' }: Event['involvedObject']): string {
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}
function sourceCell({ source, reportingComponent = '' }: Event): string {
  return [source?.component ?? reportingComponent, source?.host ?? ''].filter((part) => part !== '').join(', ');
}
