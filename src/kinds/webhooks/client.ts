import type { FieldError } from '../../api/status.ts';
import { invalidValue, required } from '../field-errors.ts';
import { dnsSubdomain, portNumber } from '../names.ts';

interface Client {
  readonly url?: string | undefined;
  readonly service?:
    | {
        readonly name?: string | undefined;
        readonly namespace?: string | undefined;
        readonly path?: string | undefined;
        readonly port?: number | undefined;
      }
    | undefined;
}
const form = '; desired format: https://host[/path]';

/** What is wrong with how a webhook is called (kubernetes v1.35, apiserver util/webhook ValidateWebhookURL, ValidateWebhookService). */
export function clientErrors({ url, service }: Client, at: string): FieldError[] {
  if (url !== undefined && service === undefined) return urlErrors(url, `${at}.url`);
  if (url === undefined && service !== undefined) return serviceErrors(service, `${at}.service`);
  return [required(at, 'exactly one of url or service is required')];
}

function urlErrors(text: string, at: string): FieldError[] {
  const match = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:([^@/?#]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text);
  if (match === null || /[\s\u0000-\u001f]/.test(text) || (match[1] === undefined && text.startsWith(':'))) {
    return [required(at, `url must be a valid URL: parse ${JSON.stringify(text)}: invalid character in URL${form}`)];
  }
  const [, scheme = '', user, host = '', , query = '', fragment = ''] = match;
  const errors: FieldError[] = [];
  if (scheme.toLowerCase() !== 'https') errors.push(invalidValue(at, scheme, `'https' is the only allowed URL scheme${form}`));
  if (host === '') errors.push(invalidValue(at, host, `host must be specified${form}`));
  if (user !== undefined) errors.push(invalidValue(at, user, 'user information is not permitted in the URL'));
  if (fragment !== '') errors.push(invalidValue(at, fragment, 'fragments are not permitted in the URL'));
  return query === '' ? errors : [...errors, invalidValue(at, query, 'query parameters are not permitted in the URL')];
}

function serviceErrors({ name = '', namespace = '', path = '', port = 0 }: NonNullable<Client['service']>, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${at}.name`));
  if (namespace === '') errors.push(required(`${at}.namespace`));
  const broken = portNumber(port);
  if (broken.length > 0) errors.push(invalidValue(`${at}.port`, port, `port is not valid: ${broken.join(',')}`));
  return [...errors, ...pathErrors(path, `${at}.path`)];
}
function pathErrors(path: string, at: string): FieldError[] {
  if (path === '' || path === '/') return [];
  if (path === '//') return [invalidValue(at, path, 'segment[0] may not be empty')];
  const errors = path.startsWith('/') ? [] : [invalidValue(at, path, "must start with a '/'")];
  const steps = path.slice(1).replace(/\/$/, '').split('/');
  return [
    ...errors,
    ...steps.flatMap((step, index) => {
      if (step === '') return [invalidValue(at, path, `segment[${index}] may not be empty`)];
      return dnsSubdomain(step).map((rule) => invalidValue(at, path, `segment[${index}]: ${rule}`));
    }),
  ];
}
