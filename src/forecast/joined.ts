import type { Forecast } from '../api/forecast.ts';
import { refText } from '../api/object.ts';

/** Forecasts of several clusters that one merge changes, as one. Each begins with its own first write. */
export function joined(forecasts: readonly Forecast[]): Forecast {
  const assumptions = [...new Set(forecasts.flatMap((one) => one.assumptions))];
  const sum = (count: (one: Forecast) => number) => forecasts.reduce((total, one) => total + count(one), 0);
  const rollouts = forecasts.flatMap((one) => one.rollouts);
  const findings = forecasts.flatMap((one) => one.findings);
  return {
    apiVersion: 'steersman.dev/v1',
    kind: 'Forecast',
    ended: forecasts.some(({ ended }) => ended === 'horizon') ? 'horizon' : 'rest',
    durationMs: Math.max(0, ...forecasts.map(({ durationMs }) => durationMs)),
    assumptions,
    coverage: {
      changed: sum(({ coverage }) => coverage.changed),
      judged: sum(({ coverage }) => coverage.judged),
      notJudged: forecasts.flatMap(({ coverage }) => coverage.notJudged),
    },
    rollouts: rollouts.sort((a, b) => a.startMs - b.startMs || (refText(a.workload) < refText(b.workload) ? -1 : 1)),
    findings: [...findings.filter(({ severity }) => severity === 'blocker'), ...findings.filter(({ severity }) => severity !== 'blocker')],
  };
}
