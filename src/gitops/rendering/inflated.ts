import { isRecord } from '../../base/json.ts';
import { quoted } from '../sources/paths.ts';

/** Something wrong with what a kustomization says of charts. */
export interface ChartProblem {
  readonly at: readonly (string | number)[];
  readonly message: string;
}

/**
 * What stands against letting kustomize call helm for a kustomization. Kustomize hands names to helm as they are, so none may look like
 * an option (there are options that run programs); and it fetches a chart that is not there. `has`: whether a folder, from the
 * kustomization's, holds anything. Pure.
 */
export function chartProblems(kustomization: Readonly<Record<string, unknown>>, has: (folder: string) => boolean): ChartProblem[] {
  const charts = Array.isArray(kustomization['helmCharts']) ? (kustomization['helmCharts'] as unknown[]) : [];
  const globals = kustomization['helmGlobals'];
  const home = isRecord(globals) && typeof globals['chartHome'] === 'string' ? globals['chartHome'] : 'charts';
  const out: ChartProblem[] = [];
  if (kustomization['helmChartInflationGenerator'] !== undefined) {
    out.push({ at: ['helmChartInflationGenerator'], message: 'helmChartInflationGenerator is no longer read: write helmCharts' });
  }
  if (charts.length > 0 && ['generators', 'transformers', 'validators'].some((field) => kustomization[field] !== undefined)) {
    out.push({
      at: ['helmCharts'],
      message: 'helmCharts beside generators, transformers or validators are not rendered: these could call helm with options of their own',
    });
  }
  charts.forEach((chart, index) => {
    if (!isRecord(chart)) return;
    const at = ['helmCharts', index];
    const { valuesInline: _values, ...fields } = chart;
    const option = optionIn(fields);
    if (option !== undefined) out.push({ at, message: `${quoted(option)} looks like an option of helm` });
    const { name, version, repo } = chart;
    if (typeof name !== 'string') return;
    const folder =
      typeof version === 'string' && version !== '' && repo !== undefined ? `${home}/${name}-${version}/${name}` : `${home}/${name}`;
    if (!has(folder))
      out.push({
        at,
        message: `the chart ${quoted(name)} is not at ${quoted(folder)}, and nothing is fetched while rendering: commit it there (helm pull --untar)`,
      });
  });
  return out;
}
function optionIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value.startsWith('-') ? value : undefined;
  const items = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : [];
  for (const item of items) {
    const found = optionIn(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
