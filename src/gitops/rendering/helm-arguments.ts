import { RenderError, type HelmSettings } from '../renderer.ts';
import { quoted } from '../sources/paths.ts';

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const release = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const version = /^v?\d+\.\d+(\.\d+)?([-+][0-9A-Za-z.+-]+)?$/;
const apiVersion = /^[A-Za-z0-9][A-Za-z0-9./-]*$/;

/**
 * What `helm template` is told: names are checked here, so that none of them is read as an option. Inline values come from the
 * standard input. Files of values are named from the folder in which the tree was laid. @throws RenderError
 */
export function helmArguments(settings: HelmSettings, at: { chart: string; file: string; tree: string }): string[] {
  const { releaseName = defaultRelease(at.chart), namespace = 'default', kubeVersion, apiVersions = [] } = settings;
  const problems: string[] = [];
  const check = (value: string, pattern: RegExp, what: string, longest = 253) => {
    if (!pattern.test(value) || value.length > longest) problems.push(`${what}: ${quoted(value)} is not allowed`);
  };
  check(releaseName, release, "the release's name", 53);
  check(namespace, label, "the release's namespace", 63);
  if (kubeVersion !== undefined) check(kubeVersion, version, 'the Kubernetes version');
  for (const one of apiVersions) check(one, apiVersion, 'the API version');
  if (problems.length > 0) throw new RenderError(problems.map((message) => ({ path: at.file, line: 1, column: 1, message })));
  return [
    'template',
    releaseName,
    `${at.tree}/${at.chart}`,
    `--namespace=${namespace}`,
    '--skip-tests',
    ...(settings.skipCrds === true ? [] : ['--include-crds']),
    ...(kubeVersion === undefined ? [] : [`--kube-version=${kubeVersion}`]),
    ...apiVersions.map((one) => `--api-versions=${one}`),
    ...(settings.valueFiles ?? []).map((path) => `--values=${at.tree}/${path}`),
    ...(settings.values === undefined ? [] : ['--values=-']),
    ...(settings.parameters ?? []).map(
      ({ name, value, forceString }) => `${forceString === true ? '--set-string' : '--set'}=${name}=${escaped(value)}`,
    ),
  ];
}
/** A comma would begin the next parameter; in `{a,b}` it parts a list. */
function escaped(value: string): string {
  return /^\{.*\}$/.test(value) ? value : value.replaceAll(/\\.|,/g, (part) => (part === ',' ? '\\,' : part));
}
/** Of a chart whose application gives no name: its folder's. */
function defaultRelease(chart: string): string {
  const name = chart
    .slice(chart.lastIndexOf('/') + 1)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'release' : name.slice(0, 53);
}
