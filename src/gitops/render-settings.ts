import { isRecord } from '../base/json.ts';
import { nearest } from './nearest.ts';
import type { RenderSettings } from './renderer.ts';

/** What one field holds; a record names the fields of its own. */
type Form = 'text' | 'flag' | 'count' | 'texts' | 'labels' | 'record' | { readonly list: Readonly<Record<string, Form>> };

/** Fields of each renderer, as `RenderSettings` names them. */
const forms: Readonly<Record<string, Readonly<Record<string, Form>>>> = {
  kustomize: {
    namePrefix: 'text',
    nameSuffix: 'text',
    namespace: 'text',
    images: { list: { name: 'text', newName: 'text', newTag: 'text', digest: 'text' } },
    replicas: { list: { name: 'text', count: 'count' } },
    commonLabels: 'labels',
    commonAnnotations: 'labels',
    components: 'texts',
    patches: { list: { patch: 'text', target: 'labels' } },
  },
  helm: {
    releaseName: 'text',
    namespace: 'text',
    valueFiles: 'texts',
    values: 'record',
    parameters: { list: { name: 'text', value: 'text', forceString: 'flag' } },
    skipCrds: 'flag',
    kubeVersion: 'text',
    apiVersions: 'texts',
  },
  plain: {},
};
/** Without these an entry of a list says nothing. */
const required: ReadonlySet<string> = new Set(['name', 'count', 'value', 'patch']);
const words: Readonly<Record<string, string>> = {
  text: 'a text',
  flag: 'true or false',
  count: 'a whole number that is not negative',
  texts: 'a list of texts',
  labels: 'a map of texts',
  record: 'a map',
};

/** Reads `spec.renderer` of an Application: one field, named after the renderer. Names and shapes that are wrong are told, each with its field. */
export function renderSettingsOf(renderer: unknown): { readonly settings: RenderSettings; readonly problems: readonly string[] } {
  if (renderer === undefined) return { settings: {}, problems: [] };
  if (!isRecord(renderer)) return { settings: {}, problems: ['spec.renderer: must be a map'] };
  const problems: string[] = [];
  const names = Object.keys(renderer);
  if (names.length > 1) problems.push(`spec.renderer: names ${names.join(' and ')}, and only one can render; leave the others out`);
  for (const [name, options] of Object.entries(renderer)) {
    const fields = Object.hasOwn(forms, name) ? forms[name] : undefined;
    if (fields !== undefined) checkRecord(options, { fields, at: `spec.renderer.${name}` }, problems);
  }
  if (problems.length > 0) return { settings: {}, problems };
  const { plain, ...settings } = renderer;
  return { settings: (plain === undefined ? settings : { directory: plain }) as RenderSettings, problems };
}

function checkRecord(value: unknown, { fields, at }: { fields: Readonly<Record<string, Form>>; at: string }, problems: string[]): void {
  if (!isRecord(value)) {
    problems.push(`${at}: must be a map`);
    return;
  }
  for (const [name, item] of Object.entries(value)) {
    const form = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (form !== undefined) check(item, { form, at: `${at}.${name}` }, problems);
    else problems.push(`${at}.${name}: there is no such field${likely(name, Object.keys(fields))}`);
  }
}
function likely(name: string, known: readonly string[]): string {
  const [meant] = nearest(name, known);
  if (meant !== undefined) return `; is ${meant} meant?`;
  return known.length === 0 ? '' : ` (there are: ${known.join(', ')})`;
}

function check(value: unknown, { form, at }: { form: Form; at: string }, problems: string[]): void {
  if (typeof form !== 'object') {
    if (!holds(value, form)) problems.push(`${at}: must be ${words[form]}`);
    return;
  }
  if (!Array.isArray(value)) {
    problems.push(`${at}: must be a list`);
    return;
  }
  value.forEach((item: unknown, index) => {
    const place = `${at}[${index}]`;
    checkRecord(item, { fields: form.list, at: place }, problems);
    for (const name of Object.keys(form.list)) {
      if (required.has(name) && isRecord(item) && item[name] === undefined) problems.push(`${place}.${name}: must be there`);
    }
  });
}

function holds(value: unknown, form: Exclude<Form, object>): boolean {
  switch (form) {
    case 'text':
      return typeof value === 'string';
    case 'flag':
      return typeof value === 'boolean';
    case 'count':
      return Number.isInteger(value) && (value as number) >= 0;
    case 'texts':
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    case 'labels':
      return isRecord(value) && Object.values(value).every((item) => typeof item === 'string');
    case 'record':
      return isRecord(value);
  }
}
