import type { KubeObject } from '../../api/object.ts';
import { isWave, waveAnnotations } from '../order.ts';
import type { FieldProblem } from './fields.ts';

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const phases = ['PreSync', 'Sync', 'PostSync', 'SyncFail'];

/** What is wrong with name, namespace and our annotations, whatever the kind. */
export function metadataProblems(object: KubeObject, namespaced: boolean | undefined): FieldProblem[] {
  const out: FieldProblem[] = [];
  const add = (path: readonly string[], message: string) =>
    out.push({ path: ['metadata', ...path], message: `${['metadata', ...path].join('.')}: ${message}` });
  const { name, namespace, generateName } = object.metadata as { name?: unknown; namespace?: unknown; generateName?: unknown };
  if (name === undefined || name === null || name === '') {
    add(
      ['name'],
      `Required value: an object in a source needs a name${generateName === undefined ? '' : '; generateName makes another one at each sync'}`,
    );
  } else if (typeof name === 'string') {
    const wrong = nameProblem(object, name);
    if (wrong !== undefined) add(['name'], `Invalid value: ${JSON.stringify(name)}: ${wrong}`);
  }
  if (typeof namespace === 'string' && namespace !== '') {
    if (namespaced === false)
      add(['namespace'], `Invalid value: ${JSON.stringify(namespace)}: ${object.kind} objects are cluster-scoped; remove the namespace`);
    else if (!label.test(namespace)) add(['namespace'], `Invalid value: ${JSON.stringify(namespace)}: ${labelRule}`);
  }
  annotationProblems(object, add);
  return out;
}
const labelRule = "must be at most 63 lower-case letters, digits and '-', and begin and end with a letter or digit";

function nameProblem(object: KubeObject, name: string): string | undefined {
  if (/[/%]/.test(name) || name === '.' || name === '..') return "must not hold '/' or '%', nor be '.' or '..'";
  if (object.apiVersion.startsWith('rbac.authorization.k8s.io/')) return undefined;
  if (object.kind === 'Namespace') return label.test(name) ? undefined : labelRule;
  if (name.length > 253) return 'must be at most 253 characters';
  return subdomain.test(name) ? undefined : "must be lower-case letters, digits, '-' and '.', and begin and end with a letter or digit";
}

function annotationProblems(object: KubeObject, add: (path: readonly string[], message: string) => void): void {
  const { annotations } = object.metadata as { annotations?: unknown };
  if (typeof annotations !== 'object' || annotations === null) return;
  const all = annotations as Record<string, unknown>;
  for (const key of waveAnnotations) {
    const text = all[key];
    if (typeof text === 'string' && !isWave(text))
      add(['annotations', key], `Invalid value: ${JSON.stringify(text)}: a wave is a whole number, such as "-1" or "5"`);
  }
  const hook = all['steersman.dev/hook'];
  if (typeof hook === 'string' && !hook.split(',').every((part) => phases.includes(part.trim()))) {
    add(
      ['annotations', 'steersman.dev/hook'],
      `Unsupported value: ${JSON.stringify(hook)}: supported values: ${phases.map((phase) => `"${phase}"`).join(', ')}`,
    );
  }
}
