import { badRequest, invalid, type FieldError } from '../../api/status.ts';
import { parseTime } from '../../base/clock.ts';

const streams = ['All', 'Stdout', 'Stderr'];

/** Checks the query of a pod's log (PodLogOptions) as upstream does. @throws StatusError Invalid, BadRequest */
export function checkLogOptions(query: URLSearchParams, pod: string): void {
  const [tailLines, limitBytes, sinceSeconds] = ['tailLines', 'limitBytes', 'sinceSeconds'].map((name) => numberOf(query, name));
  const sinceTime = query.get('sinceTime') ?? '';
  if (sinceTime !== '' && parseTime(sinceTime) === undefined)
    throw badRequest(`sinceTime: ${JSON.stringify(sinceTime)} is no RFC 3339 time`);
  const stream = query.get('stream') ?? 'All';
  const errors: FieldError[] = [
    ...atLeast('tailLines', tailLines, 0),
    ...atLeast('limitBytes', limitBytes, 1),
    ...atLeast('sinceSeconds', sinceSeconds, 1),
  ];
  if (sinceSeconds !== undefined && sinceTime !== '') {
    errors.push(forbidden('at most one of `sinceTime` or `sinceSeconds` may be specified'));
  }
  if (!streams.includes(stream)) {
    const detail = `supported values: ${streams.map((one) => JSON.stringify(one)).join(', ')}`;
    errors.push({ type: 'FieldValueNotSupported', field: 'stream', value: stream, detail });
  } else if (stream !== 'All' && tailLines !== undefined) {
    errors.push(forbidden('`tailLines` and specific `stream` are mutually exclusive for now'));
  }
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, pod, errors);
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d{1,18}$/.test(text)) throw badRequest(`${name}: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}
function atLeast(field: string, value: number | undefined, least: 0 | 1): FieldError[] {
  if (value === undefined || value >= least) return [];
  const detail = least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0';
  return [{ type: 'FieldValueInvalid', field, value, detail }];
}
function forbidden(detail: string): FieldError {
  return { type: 'FieldValueForbidden', field: '', detail };
}
