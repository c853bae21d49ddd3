import type { ApiResponse, WatchObjects } from '../api/http.ts';
import type { KubeObject, WatchEvent } from '../api/object.ts';
import { StatusError } from '../api/status.ts';
import { deepFreeze, isRecord } from '../base/json.ts';
import { linesOf } from './body.ts';

/** The events of an answer to a watch. @throws StatusError for an ERROR event */
export function eventsOf<T extends KubeObject>(response: ApiResponse): AsyncIterable<WatchEvent<Readonly<T>>> {
  if (response.object !== undefined) return response.object as WatchObjects as AsyncIterable<WatchEvent<T>>;
  return parsedEvents<T>(response.body);
}

async function* parsedEvents<T extends KubeObject>(body: ApiResponse['body']): AsyncGenerator<WatchEvent<Readonly<T>>> {
  for await (const line of linesOf(body)) {
    const event = parseEvent<T>(line);
    if (event !== undefined) yield event;
  }
}

/** One line of a watch; undefined for a type of event that we do not know. Objects are frozen. @throws StatusError for an ERROR event */
export function parseEvent<T extends KubeObject>(line: string): WatchEvent<Readonly<T>> | undefined {
  const { type, object } = JSON.parse(line) as { type: string; object: unknown };
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: deepFreeze(object as T) };
    case 'BOOKMARK':
      return bookmark(object as KubeObject);
    case 'ERROR':
      throw StatusError.from(object, isRecord(object) && typeof object['code'] === 'number' ? object['code'] : 500);
    default:
      return undefined;
  }
}

function bookmark(object: KubeObject): WatchEvent<never> {
  const event = { type: 'BOOKMARK', resourceVersion: object.metadata.resourceVersion ?? '' } as const;
  return object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true' ? { ...event, initialEventsEnd: true } : event;
}
