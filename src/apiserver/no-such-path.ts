import { StatusError } from '../api/status.ts';

/** What a path that leads nowhere answers. */
export function noSuchPath(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource');
}
