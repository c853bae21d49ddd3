import type { PolicyRule } from '../../api/access-rules.ts';

/** The verbs of those who only look. */
export const read = 'get list watch';

const words = (text: string): string[] => text.split(' ').map((word) => (word === 'core' ? '' : word));

/** Verbs, groups (`core` is the one without a name), resources, and names if it is about some only; each a list with blanks between. */
export function may(verbs: string, groups: string, resources: string, names?: string): PolicyRule {
  const rule = { apiGroups: words(groups), resources: words(resources), verbs: words(verbs) };
  return names === undefined ? rule : { ...rule, resourceNames: words(names) };
}
/** To read paths that are no resources. */
export function mayGet(urls: string): PolicyRule {
  return { nonResourceURLs: words(urls), verbs: ['get'] };
}
/** To tell what happens. */
export const events = may('create patch update', 'core events.k8s.io', 'events');
