import { replayFormats } from '../commands/replay.ts';
import type { Forecast } from '../../api/forecast.ts';
import type { Replay } from '../../api/replay.ts';
import type { Log } from '../../base/log.ts';
import { createImportCache, findApplications } from '../../gitops/find-applications.ts';
import type { Found } from '../../gitops/found.ts';
import type { Artifact, SourceSpec } from '../../gitops/source.ts';
import { loadKinds } from '../../kinds/load.ts';
import type { ResourceKind } from '../../kinds/kind.ts';
import { replayHtml } from '../../report/replay-html.ts';
import { replayText } from '../../report/replay-text.ts';
import { countOf } from '../../report/sentences.ts';
import { printable } from '../../report/wording.ts';
import { lookedAt, replay, stepsOf } from '../../review/replay.ts';
import { reviewRevisions, type Reviewed } from '../../review/review.ts';
import { flag, text, type Call } from '../command.ts';
import { forecastOf } from '../forecast-run.ts';
import { openEngine, type Engine } from '../engine.ts';
import { outputFormat, paintFor, print, printJson, UsageError } from '../output.ts';
import { ProgressLine } from '../progress-line.ts';
import { stderrLog } from '../stderr-log.ts';
import { chartCaches, repository } from '../source-options.ts';
import { version } from '../version.ts';

/** `steer replay`: shows what the last merges of a repository did: restarts, refusals, lost data, what no diff shows. Answers the exit code. */
export async function runReplay(call: Call): Promise<number | undefined> {
  const { environment } = call;
  const format = outputFormat(text(call, 'output'), replayFormats);
  const source = sourceOf(call);
  const last = lastOption(call);
  const log = stderrLog(environment);
  const kinds = loadKinds();
  const engine = openEngine(environment, log, { kinds, remembers: true, chartCaches: chartCaches(call) });
  try {
    const found = await replayed(call, { source, last, log, kinds, engine });
    if (format === 'json') printJson(environment, found);
    else print(environment, format === 'html' ? replayHtml(found, { version }) : replayText(found, { paint: paintFor(environment) }));
    return 0;
  } finally {
    await engine.sources.close();
  }
}

function sourceOf(call: Call): SourceSpec {
  const repo = repository(call.arguments[0] ?? '.', call.environment);
  return { repo, path: text(call, 'path') ?? '', revision: text(call, 'revision') ?? '', intervalMs: 30_000 };
}
function lastOption(call: Call): number {
  const given = text(call, 'last') ?? '50';
  const last = Number(given);
  if (!/^\d+$/.test(given) || last < 1 || last > 10_000) throw new UsageError(`--last ${given}: must be a number from 1 to 10000`);
  return last;
}
function byOption(call: Call): Replay['steps'] | undefined {
  const given = text(call, 'by');
  if (given === undefined || given === 'merges' || given === 'commits') return given;
  throw new UsageError(`--by ${given}: must be merges or commits`);
}

interface About {
  readonly source: SourceSpec;
  readonly last: number;
  readonly log: Log;
  readonly kinds: readonly ResourceKind[];
  readonly engine: Engine;
}
async function replayed(call: Call, about: About): Promise<Replay> {
  const { environment } = call;
  const { source, last, engine } = about;
  const history = await engine.sources.history(source, lookedAt(last), environment.interrupted);
  const { revision } = await engine.sources.resolve({ ...source, path: '' }, environment.interrupted);
  const steps = stepsOf(history, last, byOption(call));
  using progress = new ProgressLine(environment);
  progress.show(`${countOf(steps.commits.length, steps.steps === 'merges' ? 'merge' : 'commit')} to judge`);
  const trees = new Trees(about, environment.interrupted);
  const total = steps.commits.length;
  const line = (done: number, subject: string) =>
    progress.show(`${done} of ${total} ${steps.steps} judged: ${printable(subject).slice(0, 60)}`);
  return await replay({
    ...{ clock: environment.clock, repo: source.repo, revision: revision.replace(/@?sha1:.*$/, ''), steps },
    review: async (base, head) => {
      const reviewed = await reviewOf(call, about, { base, head, trees });
      return { reviewed, touched: await trees.touched(base, head) };
    },
    forecast: (reviewed) => (flag(call, 'planOnly') ? Promise.resolve(undefined) : forecastFor(call, about, reviewed)),
    progress: (done, merge) => line(done, merge.subject),
  });
}

function reviewOf(call: Call, about: About, { base, head, trees }: { base: string; head: string; trees: Trees }): Promise<Reviewed> {
  const { clock, random, interrupted: signal } = call.environment;
  const { log, kinds, engine, source } = about;
  const { sources, renderers } = engine;
  return reviewRevisions({
    ...{ clock, random, log, version, kinds, sources, renderers, signal },
    source: { ...source, revision: head },
    from: base,
    find: (artifact, path) => trees.found(artifact, path),
    // A version that the server of today does not serve was served when it was merged.
    unserved: 'skip',
  });
}

/** Undefined where nothing changes, so that there is nothing to simulate. */
async function forecastFor(call: Call, { log, kinds }: About, reviewed: Reviewed): Promise<Forecast | undefined> {
  const changes = reviewed.applications.some(({ base, head }) => base.digest !== head.digest);
  return changes ? forecastOf(call, reviewed, { wish: {}, log, kinds }) : undefined;
}

/** What commits hold, each looked at once: the head of one merge is the base of the next. */
class Trees {
  readonly #about: About;
  readonly #signal: AbortSignal;
  readonly #cache = createImportCache();
  readonly #found = new Map<string, Promise<Found>>();

  constructor(about: About, signal: AbortSignal) {
    this.#about = about;
    this.#signal = signal;
  }

  found(artifact: Artifact, path: string): Promise<Found> {
    const known =
      this.#found.get(artifact.commit) ??
      findApplications(artifact, path, this.#signal, {
        cache: this.#cache,
        charts: this.#about.engine.charts,
        renderers: this.#about.engine.renderers,
      });
    this.#found.set(artifact.commit, known);
    return known;
  }

  /** The files that differ between two commits. */
  async touched(base: string, head: string): Promise<ReadonlySet<string>> {
    const { engine, source } = this.#about;
    const files = async (commit: string) => {
      const artifact = await engine.sources.at({ ...source, path: '' }, commit, this.#signal);
      return new Map((await artifact.list('')).map(({ path, digest }) => [path, digest]));
    };
    const [before, after] = [await files(base), await files(head)];
    return new Set([...before.keys(), ...after.keys()].filter((path) => before.get(path) !== after.get(path)));
  }
}
