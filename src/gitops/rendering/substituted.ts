import type { KubeObject } from '../../api/object.ts';
import { deepFreeze, isRecord, setOwn } from '../../base/json.ts';
import { RenderError, type Manifest, type RenderResult, type SourceProblem } from '../renderer.ts';
import { quoted } from '../sources/paths.ts';
import { parseYaml } from '../yaml.ts';
import { SubstitutionError, substituteText } from './substitute.ts';

const disabled = 'kustomize.toolkit.fluxcd.io/substitute';

/**
 * Manifests with variables put in, as Flux's postBuild does it: into the YAML of each object, so `replicas: ${n}` becomes a number and
 * `${flag}` may become a truth value. Objects that say so by label or annotation are left alone. @throws RenderError
 */
export function substituted(result: RenderResult, variables: Readonly<Record<string, string>>): RenderResult {
  const unknown = new Set<string>();
  const problems: SourceProblem[] = [];
  const manifests = result.manifests.map((manifest): Manifest => {
    const { labels, annotations } = manifest.object.metadata;
    if (labels?.[disabled] === 'disabled' || annotations?.[disabled] === 'disabled') return manifest;
    try {
      const object = put(manifest.object, (text) => substituteText(text, variables, (name) => unknown.add(name)));
      return object === manifest.object ? manifest : { ...manifest, object: deepFreeze(object) as KubeObject };
    } catch (error) {
      if (!(error instanceof SubstitutionError)) throw error;
      const { path, line } = manifest.origin;
      problems.push({ path, line, column: 1, message: `${manifest.object.kind} ${manifest.object.metadata.name}: ${error.message}` });
      return manifest;
    }
  });
  if (problems.length > 0) throw new RenderError(problems);
  const names = [...unknown].sort().map((name) => quoted(name));
  const note = `${names.join(', ')}: no value is known here, so \${…} stays as it is written`;
  return { ...result, manifests, notes: names.length === 0 ? result.notes : [...result.notes, note] };
}

/** The value itself where nothing in it changes. */
function put(value: unknown, substitute: (text: string) => string): unknown {
  if (typeof value === 'string') return value.includes('${') ? scalar(value, substitute(value)) : value;
  if (Array.isArray(value)) {
    const items = value.map((item) => put(item, substitute));
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  if (!isRecord(value)) return value;
  const out: Record<string, unknown> = {};
  let changed = false;
  for (const [key, one] of Object.entries(value)) {
    const name = key.includes('${') ? substitute(key) : key;
    const made = put(one, substitute);
    changed ||= name !== key || made !== one;
    setOwn(out, name, made);
  }
  return changed ? out : value;
}

/** What YAML reads where `before` stood without quotes; text where it needed them. */
function scalar(before: string, after: string): unknown {
  if (after === before || before.includes('\n') || before !== before.trim()) return after;
  if (/^[-?:,[\]{}#&*!|>'"%@`]/.test(before) || /: |:$| #/.test(before)) return after;
  const { documents, problems } = parseYaml(`v: ${after}\n`);
  const [document] = documents;
  return problems.length > 0 || !isRecord(document?.value) || documents.length !== 1 ? after : (document.value['v'] ?? null);
}
