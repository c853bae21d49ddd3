import { Event } from '../../api/kinds.generated.ts';
import { ageCell } from '../cells.ts';
import { eventErrors } from '../event-rules.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';

export const event: KindRules<Event> = {
  kind: Event,
  complete: true,
  generation: 'none',
  // The older group is not looked at more closely, for those who have used it for long.
  validate: (object) => {
    const about = (object as Sent<Event>).involvedObject;
    return eventErrors(
      {
        namespace: object.metadata.namespace ?? '',
        aboutNamespace: about?.namespace ?? '',
        eventTime: object.eventTime,
        controller: object.reportingComponent ?? '',
        instance: object.reportingInstance ?? '',
        action: object.action ?? '',
        reason: object.reason ?? '',
        message: object.message ?? '',
      },
      'reportingComponent',
    );
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
