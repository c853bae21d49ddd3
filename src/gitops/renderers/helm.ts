import { canonicalJson, jsonEqual } from '../../base/json.ts';
import { withCachedChart } from '../rendering/cached-chart.ts';
import { chartAt, isChartFile, type Chart } from '../rendering/chart.ts';
import { listed } from '../rendering/closure.ts';
import { helmArguments } from '../rendering/helm-arguments.ts';
import type { Secrets } from '../rendering/decrypted.ts';
import { openedValues, refuseShown, withoutSecrets } from '../rendering/helm-values.ts';
import { madeByHelm, templatePath } from '../rendering/helm-output.ts';
import { once, type Kept } from '../rendering/kept.ts';
import { withoutQuotes } from '../rendering/redact.ts';
import { digestOf, resultOf, type Made } from '../rendering/made.ts';
import { Texts } from '../rendering/texts.ts';
import type { Tool, Tools } from '../rendering/tools.ts';
import type { Workplace } from '../rendering/workplace.ts';
import { Recent } from '../recent.ts';
import { RenderError, type HelmSettings, type Renderer, type RenderResult } from '../renderer.ts';
import type { Artifact } from '../source.ts';
import { cleanPath } from '../sources/paths.ts';

/** What makes two renders differ. */
const chance =
  /\b(rand(Alpha|AlphaNum|Numeric|Ascii|Bytes|Int)|gen(PrivateKey|CA|CAWithKey|SelfSignedCert|SignedCert)\w*|uuidv4|now|bcrypt|htpasswd|encryptAES|shuffle)\b/;

/**
 * Charts, rendered by `helm template`: with their CustomResourceDefinitions, without tests and notes. Nothing is fetched: what a chart
 * depends on stands in charts/ or in the same repository (`file://`).
 */
export function createHelmRenderer(workplace: Workplace, tools: Tools, kept: Kept, secrets: Secrets): Renderer {
  const { charts } = workplace.options;
  const texts = new Texts();
  const results = new Recent<string, Promise<RenderResult>>(1000);
  const render = async (tree: Artifact, folder: string, signal: AbortSignal, settings: HelmSettings): Promise<RenderResult> => {
    const { artifact, path } = await withCachedChart(tree, folder, settings, charts);
    const chart = await chartAt(artifact, path, settings);
    const args = helmArguments(settings, { chart: path, file: chart.file, tree: 'tree' });
    signal.throwIfAborted();
    const tool = await workplace.outside(tools.helm({ by: chart.file }));
    const key = canonicalJson(['helm', args, settings.values, tool.program.stamp, digestOf(chart.files)]);
    return once(results, key, async () => {
      const make = async () => {
        await tools.check(tool, { by: chart.file, signal });
        return template({ workplace, tools, tool, chart, args, artifact, signal, settings, secrets });
      };
      const made = await workplace.outside(kept.get(key, make));
      return resultOf(made, { artifact, read: chart.files, texts });
    });
  };
  return {
    name: 'helm',
    detect: async (artifact, path) => {
      const folder = cleanPath(path);
      return (await listed(artifact, folder)).some(
        (file) => isChartFile(file.path) && file.path === (folder === '' ? 'Chart.yaml' : `${folder}/Chart.yaml`),
      );
    },
    render: (artifact, path, signal, settings = {}) => render(artifact, cleanPath(path), signal, settings.helm ?? {}),
    fingerprint: async (tree, folder, { helm = {} } = {}) => {
      const { artifact, path } = await withCachedChart(tree, cleanPath(folder), helm, charts);
      return digestOf((await chartAt(artifact, path, helm)).files);
    },
  };
}

interface Template {
  readonly workplace: Workplace;
  readonly tools: Tools;
  readonly tool: Tool;
  readonly chart: Chart;
  readonly args: readonly string[];
  readonly artifact: Artifact;
  readonly signal: AbortSignal;
  readonly settings: HelmSettings;
  readonly secrets: Secrets;
}
async function template({ workplace, tools, tool, chart, args, artifact, signal, settings, secrets }: Template): Promise<Made> {
  const contents = await artifact.read(chart.files.map((file) => file.path));
  const placed = chart.files.map((file, at) => ({ path: `tree/${file.placed}`, content: contents[at] as Uint8Array }));
  const templates = new Map<string, string>();
  chart.files.forEach((file, at) => {
    if (/\.(ya?ml|tpl|json)$/.test(file.path)) templates.set(file.path, Buffer.from(contents[at] as Uint8Array).toString('utf8'));
  });
  const uncertain = chart.files.some(({ path }) => path.endsWith('.tgz')) || [...templates.values()].some((text) => chance.test(text));
  const inClear = await openedValues(settings, templates, secrets);
  const values = inClear?.values ?? settings.values;
  const input = values === undefined ? {} : { input: JSON.stringify(values) };
  const told = inClear === undefined ? args : [...args.filter((one) => !one.startsWith('--values=')), '--values=-'];
  const ran = await workplace.withFolder(placed, (folder) => {
    const run = async () => {
      const done = await workplace.slots.run(() => tools.run(tool, told, { folder, signal, ...input }));
      return { ...done, stderr: done.stderr.replaceAll(`${folder}/tree/`, '').replaceAll('tree/', '') };
    };
    return Promise.all(uncertain ? [run(), run()] : [run()]);
  });
  const quiet = [...templates.values()].some((text) => /\bSecret\b/.test(text)) ? withoutQuotes : (said: string) => said;
  for (const one of ran) if (one.code !== 0) throw failure({ ...one, stderr: quiet(withoutSecrets(one.stderr, inClear)) }, chart);
  const [made, again] = ran.map((one) => madeByHelm(one.stdout, chart, templates));
  const all = again === undefined ? (made as Made) : withDifferences(made as Made, again);
  if (inClear === undefined) return all;
  refuseShown(all, inClear);
  return { ...all, inClear: true };
}

/** A chart that asks chance or the time gives something else each time: every plan would show it. */
function withDifferences(made: Made, again: Made): Made {
  const differ = made.objects.filter((one, at) => !jsonEqual(one.object, again.objects[at]?.object));
  const notes = differ.map(({ object, path, line }) => {
    const { name } = object['metadata'] as { name?: unknown };
    return `${path}${line === undefined ? '' : `:${line}`}: ${String(object['kind'])} ${String(name)} differs each time that it is rendered (the chart asks chance or the clock): give its values, or every plan changes it`;
  });
  return { ...made, notes: [...made.notes, ...notes], changing: differ.length > 0 };
}

function failure(ran: { readonly stderr: string; readonly ended?: 'time' | 'size' }, chart: Chart): RenderError {
  if (ran.ended === 'time') return oneProblem(chart.file, 'helm did not end within 60 s and was stopped');
  if (ran.ended === 'size') return oneProblem(chart.file, 'helm printed more than 64 MiB and was stopped');
  const text = ran.stderr
    .replaceAll(/^WARNING: .*\n/gm, '')
    .trim()
    .replace(/^Error: /, '')
    .replace(/\n+Use --debug flag.*/s, '')
    .slice(0, 2000);
  const place = new RegExp(`\\b(${chart.name.replaceAll(/[^\w-]/g, '.')}/[^\\s:()]+):(\\d+)(?::(\\d+))?`).exec(text);
  const [, source = '', line = '1', column = '1'] = place ?? [];
  if (place === null) return oneProblem(chart.file, `helm: ${text === '' ? 'it failed without a word' : text}`);
  return new RenderError([{ path: templatePath(source, chart), line: Number(line), column: Number(column), message: `helm: ${text}` }]);
}
function oneProblem(path: string, message: string): RenderError {
  return new RenderError([{ path, line: 1, column: 1, message }]);
}
