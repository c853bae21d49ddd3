import type { Forecast } from '../api/forecast.ts';
import type { Review } from '../api/review.ts';
import { hideIn } from '../report/hide.ts';
import type { Log } from '../base/log.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import { loadKinds } from '../kinds/load.ts';
import type { PullRequest } from '../forges/forge.ts';
import { ReconcileError } from '../reconcile/controller.ts';
import { text, type Call } from './command.ts';
import { openEngine, type Engine } from './engine.ts';
import type { ForecastWish } from './forecast-run.ts';
import { UsageError } from './output.ts';
import { reviewOffline, type PlanInputs } from './plan-inputs.ts';
import { hideRules, planCommandLine } from './show-review.ts';
import { stderrLog } from './stderr-log.ts';
import { chartCaches, repository } from './source-options.ts';

/** What to plan for a pull request, and how to see the same elsewhere. */
export interface ReviewedRange {
  readonly from: string;
  readonly to: string;
  readonly command: string;
}

/**
 * What `--from` and `--to` say; else the merge that a CI job has checked out, if it is that of the pull request; else the head of the pull
 * request, from where it left its base.
 */
export async function reviewRange(call: Call, pull: PullRequest): Promise<ReviewedRange> {
  // Of a pull request the forecast is told unless it is declined.
  const asked = { ...call, options: { ...call.options, forecast: call.options['forecast'] !== false } };
  const given = { from: text(call, 'from'), to: text(call, 'to') };
  if (given.from !== undefined) {
    const { from, to = 'HEAD' } = given;
    return { from, to, command: planCommandLine({ from, to }, asked) };
  }
  const { baseCommit, headCommit } = pull;
  if (baseCommit === undefined || headCommit === undefined)
    throw new UsageError('--from: the base of the pull request is not known: this is no CI job of one');
  const [onto, merged] = await commitsOf(call, ['HEAD^1', 'HEAD^2']);
  const tried = merged === headCommit && onto !== undefined;
  const range = tried ? { from: 'HEAD^1', to: 'HEAD' } : { from: `${baseCommit}...${headCommit}`, to: headCommit };
  const to = given.to ?? range.to;
  const shownBase = tried ? onto.slice(0, 12) : `${baseCommit.slice(0, 12)}...${headCommit.slice(0, 12)}`;
  const shown = { from: shownBase, to: headCommit.slice(0, 12) };
  return { from: range.from, to, command: `${fetchText(pull)}${planCommandLine(shown, asked)}` };
}

/** What brings the commits of a pull request into a clone, also those of a fork. */
function fetchText({ forge, number }: PullRequest): string {
  return `git fetch -q origin && git fetch -q origin refs/${forge === 'gitlab' ? 'merge-requests' : 'pull'}/${number}/head && `;
}

/** The commits of revisions of the clone; undefined for one that it does not have. */
async function commitsOf(call: Call, revisions: readonly string[]): Promise<(string | undefined)[]> {
  const { environment } = call;
  const repo = repository(call.arguments[0] ?? '.', environment);
  const { sources } = openEngine(environment, stderrLog(environment));
  try {
    const found: (string | undefined)[] = [];
    for (const revision of revisions) {
      const spec = { repo, path: '', revision, intervalMs: 30_000 };
      const artifact = await sources.resolve(spec, environment.interrupted).catch((error: unknown) => {
        if (error instanceof ReconcileError && error.reason === 'RevisionNotFound') return undefined;
        throw error;
      });
      found.push(artifact?.commit);
    }
    return found;
  } finally {
    await sources.close();
  }
}

/** What a merge does, and what that does to what runs where the wish is given; without what `--hide` names. */
export interface Told {
  readonly review: Review;
  readonly forecast?: Forecast;
}

/** Plans all applications between two revisions, in memory. */
export async function told(call: Call, inputs: PlanInputs, wish: ForecastWish | undefined): Promise<Told> {
  const log = stderrLog(call.environment);
  const kinds = loadKinds();
  const engine = openEngine(call.environment, log, { kinds, remembers: true, chartCaches: chartCaches(call) });
  try {
    return await tellWith(call, inputs, { engine, log, kinds, wish });
  } finally {
    await engine.sources.close();
  }
}

/** The same with an engine that is open. */
export async function tellWith(
  call: Call,
  inputs: PlanInputs,
  about: { engine: Engine; log: Log; kinds: readonly ResourceKind[]; wish: ForecastWish | undefined },
): Promise<Told> {
  const { wish } = about;
  const rules = hideRules(call);
  const found = await reviewOffline(call, inputs, about);
  if (wish === undefined) return { review: hideIn(found.review, undefined, rules).review };
  const startMs = call.environment.clock.now();
  const { forecastOf } = await import('./forecast-run.ts');
  const forecast = await forecastOf(call, found, { ...about, wish });
  const timings = { ...found.review.timings, forecast: call.environment.clock.now() - startMs };
  const shown = hideIn({ ...found.review, timings }, forecast, rules);
  return { review: shown.review, ...(shown.forecast === undefined ? {} : { forecast: shown.forecast }) };
}
