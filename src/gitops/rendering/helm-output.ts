import { isRecord } from '../../base/json.ts';
import { RenderError } from '../renderer.ts';
import { readManifests } from '../renderers/manifest-file.ts';
import { joined, type Chart } from './chart.ts';
import type { Made, MadeObject } from './made.ts';

const hookKey = 'helm.sh/hook';
/** Hooks that a sync runs; the others belong to commands of helm's own. */
const applied = new Set(['pre-install', 'pre-upgrade', 'post-install', 'post-upgrade', 'crd-install']);

/** What `helm template` printed: objects, each with the template that it came from. `texts`: templates by path, for their lines. */
export function madeByHelm(stdout: Buffer, chart: Chart, texts: ReadonlyMap<string, string>): Made {
  const read = readManifests('helm', stdout);
  const sources = sourcesOf(read.text);
  const [problem] = read.problems;
  if (problem !== undefined) {
    const source = sources.findLast((one) => one.line <= problem.line)?.source;
    const path = source === undefined ? chart.file : templatePath(source, chart);
    throw new RenderError([{ path, line: 1, column: 1, message: `renders to what is no manifest: ${problem.message}` }]);
  }
  const objects: MadeObject[] = [];
  const notes: string[] = [];
  const seen = new Map<string, number>();
  for (const { object, line } of read.objects) {
    const source = sources.findLast((one) => one.line <= line)?.source ?? '';
    const path = templatePath(source, chart);
    const hooks = hooksOf(object);
    if (hooks.length > 0 && !hooks.some((hook) => applied.has(hook))) {
      notes.push(`${path}: ${String(object['kind'])} ${nameOf(object)} is a ${hooks.join(', ')} hook of helm and is left out`);
      continue;
    }
    const nth = seen.get(`${path}\0${String(object['kind'])}`) ?? 0;
    seen.set(`${path}\0${String(object['kind'])}`, nth + 1);
    objects.push({ object, path, line: lineIn(texts.get(path), String(object['kind']), nth) });
  }
  return { objects, notes };
}

/** `# Source: web/templates/deployment.yaml` after each `---`, with its line. */
function sourcesOf(text: string): { line: number; source: string }[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) =>
    line.startsWith('# Source: ') && lines[at - 1]?.startsWith('---') === true
      ? [{ line: at + 1, source: line.slice('# Source: '.length).trim() }]
      : [],
  );
}

/** Where a template stands in the source: helm begins its name with the chart's. A packed subchart's stands in its package. */
export function templatePath(source: string, chart: Chart): string {
  const inside = source.slice(source.indexOf('/') + 1);
  const folder = chart.file.split('/').slice(0, -1).join('/');
  const placed = joined(folder, inside);
  const exact = chart.files.find((file) => file.placed === placed);
  if (exact !== undefined) return exact.path;
  const [, outer = '', sub = ''] = /^(.*?charts)\/([^/]+)\//.exec(placed) ?? [];
  const packed = chart.files.find(({ placed: file }) => sub !== '' && file.startsWith(`${outer}/${sub}-`) && file.endsWith('.tgz'));
  return packed?.path ?? chart.file;
}

/** The n-th line of a template that says the kind; 1 where it is made up by the template. */
function lineIn(text: string | undefined, kind: string, nth: number): number {
  if (text === undefined) return 1;
  const lines = text.split('\n').flatMap((line, at) => (/^kind:\s*["']?([A-Za-z]+)/.exec(line)?.[1] === kind ? [at + 1] : []));
  return lines[nth] ?? lines[0] ?? 1;
}

function hooksOf(object: Readonly<Record<string, unknown>>): string[] {
  const metadata = object['metadata'];
  const annotations = isRecord(metadata) ? metadata['annotations'] : undefined;
  const text = isRecord(annotations) ? annotations[hookKey] : undefined;
  return typeof text === 'string'
    ? text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '')
    : [];
}
function nameOf(object: Readonly<Record<string, unknown>>): string {
  const metadata = object['metadata'];
  return isRecord(metadata) ? String(metadata['name'] ?? '') : '';
}
