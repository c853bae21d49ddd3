import type { KubeObject } from '../../api/object.ts';
import type { Caution } from '../../api/review.ts';
import { recordsAt, valueAt } from '../../base/json.ts';
import { versionStep } from './image-name.ts';
import { cautionAbout, kindName, type Change, type Rule } from './world.ts';

/** Charts that go to a new major version, or back. */
export const chartVersions: Rule = {
  name: 'chart-major',
  find: ({ changes }) => changes.flatMap(stepped),
};

interface Chart {
  readonly chart: string;
  readonly version: string;
  readonly field: string;
}

function stepped(change: Change): Caution[] {
  const { base, head } = change;
  if (base === undefined || head === undefined) return [];
  const before = new Map(chartsOf(base).map((each) => [each.chart, each.version]));
  return chartsOf(head).flatMap(({ chart, version, field }) => {
    const old = before.get(chart);
    const step = old === undefined ? undefined : versionStep(old, version);
    if (step !== 'major' && step !== 'back') return [];
    const goes = step === 'major' ? 'goes to a new major version of' : 'goes back to an older version of';
    const message = `${goes} chart ${chart}: ${old} to ${version}`;
    return [cautionAbout(change, { rule: `chart-${step}`, severity: 'caution', message, fields: [field] })];
  });
}

function chartsOf(object: KubeObject): Chart[] {
  const chart = (name: unknown, version: unknown, field: string): Chart[] =>
    typeof name === 'string' && typeof version === 'string' ? [{ chart: name, version, field }] : [];
  switch (kindName(object)) {
    case 'helm.toolkit.fluxcd.io/HelmRelease': {
      const spec = ['spec', 'chart', 'spec'];
      return chart(valueAt(object, [...spec, 'chart']), valueAt(object, [...spec, 'version']), 'spec.chart.spec.version');
    }
    case 'source.toolkit.fluxcd.io/HelmChart':
      return chart(valueAt(object, ['spec', 'chart']), valueAt(object, ['spec', 'version']), 'spec.version');
    case 'source.toolkit.fluxcd.io/OCIRepository':
      return chart(valueAt(object, ['spec', 'url']), valueAt(object, ['spec', 'ref', 'tag']), 'spec.ref.tag');
    case 'argoproj.io/Application': {
      const one = valueAt(object, ['spec', 'source']);
      const sources = [...recordsAt(object, ['spec', 'sources']), ...(one === undefined ? [] : [one])];
      return sources.flatMap((source) =>
        chart(valueAt(source, ['chart']), valueAt(source, ['targetRevision']), 'spec.source.targetRevision'),
      );
    }
    default:
      return [];
  }
}
