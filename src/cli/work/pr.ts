import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Review } from '../../api/review.ts';
import { errorText } from '../../base/log.ts';
import { fileUrlOf } from '../../forges/ci.ts';
import { readCommentFile, type CommentFile } from '../../forges/comment-file.ts';
import type { Forge, PullRequest } from '../../forges/forge.ts';
import { ForgeError } from '../../forges/caller.ts';
import { publishComments, type Published } from '../../forges/publish.ts';
import { reviewMarkdown, type CommentMark } from '../../report/review-markdown.ts';
import { reviewHtml } from '../../report/review-html.ts';
import { failureMarkdown } from '../../report/failure-markdown.ts';
import { postedElsewhere, standingOf, type Standing } from '../../report/standing.ts';
import { flag, text, type Call } from '../command.ts';
import { forecastWish } from '../forecast-options.ts';
import { print, say, UsageError } from '../output.ts';
import { planInputs } from '../plan-inputs.ts';
import { connectForge, projectFor, pullRequestOf, tokenFor } from '../pull-request.ts';
import { reviewRange, told, type ReviewedRange } from '../review-run.ts';
import { shellWord } from '../show-review.ts';
import { version } from '../version.ts';

/** `steer pr`: comments on a pull request with what its merge would do. Answers the exit code. */
export async function runPr(call: Call): Promise<number | undefined> {
  const file = text(call, 'post');
  if (file === undefined) return comment(call);
  if (text(call, 'write') !== undefined) throw new UsageError('--write and --post: one job writes, another posts');
  return post(call, file);
}

/** Plans and comments. */
async function comment(call: Call): Promise<number> {
  const pull = pullRequestOf(call);
  const mark = markOf(call, pull);
  const out = text(call, 'write');
  // Said before the work, not after it.
  if (!flag(call, 'dryRun') && out === undefined) tokenFor(call, pull);
  const range = await reviewRange(call, pull);
  const { bodies, standing, error } = await made(call, { pull, mark, range });
  if (flag(call, 'dryRun')) print(call.environment, bodies.join('\n'));
  else if (out !== undefined) writeFile(call, out, { pull, mark, bodies, standing });
  else await publish(call, pull, { mark, bodies, standing });
  if (error !== undefined) throw error;
  return exitCode(call, standing);
}

interface Made {
  readonly bodies: readonly string[];
  readonly standing: Standing;
  readonly error?: Error;
}
async function made(call: Call, about: { pull: PullRequest; mark: CommentMark; range: ReviewedRange }): Promise<Made> {
  const { pull, mark, range } = about;
  const command = range.command;
  try {
    const inputs = planInputs({ ...call, options: { ...call.options, from: range.from, to: range.to } });
    const wish =
      call.options['forecast'] === false ? undefined : await forecastWish({ ...call, options: { ...call.options, forecast: true } });
    const { review: found, forecast } = await told(call, inputs, wish);
    const review = shownAs(found, pull);
    const html = text(call, 'html');
    if (html !== undefined) writeFileSync(resolve(call.environment.directory, html), reviewHtml(review, forecast, { version }));
    const report = text(call, 'report');
    const expires = text(call, 'reportExpires');
    const bodies = reviewMarkdown(review, forecast, {
      version,
      command,
      mark,
      longest: pull.forge === 'gitlab' ? 250_000 : 65_000,
      fileUrl: (origin) => fileUrlOf(pull, pull.headCommit ?? review.head.commit, origin),
      ...(report === undefined ? {} : { report: { url: report, ...(expires === undefined ? {} : { expires }) } }),
    });
    return { bodies, standing: standingOf(review, forecast) };
  } catch (error) {
    if (error instanceof UsageError || call.environment.interrupted.aborted) throw error;
    const standing: Standing = { state: 'error', conclusion: 'failure', description: 'could not be planned' };
    return {
      bodies: [failureMarkdown(errorText(error), { mark, command })],
      standing,
      error: error instanceof Error ? error : new Error(errorText(error), { cause: error }),
    };
  }
}

/** The commits that a reader of the pull request knows: not the one that a CI job made to try the merge. */
function shownAs(review: Review, { headCommit }: PullRequest): Review {
  return headCommit === undefined ? review : { ...review, head: { ...review.head, revision: '', commit: headCommit } };
}

function markOf(call: Call, pull: PullRequest): CommentMark {
  return { repo: pull.project, pull: pull.number, instance: text(call, 'instance') ?? 'default' };
}

interface ToPublish extends Made {
  readonly mark: CommentMark;
}
async function publish(call: Call, pull: PullRequest, { mark, bodies, standing }: ToPublish): Promise<void> {
  const { forge, close } = connectForge(call, pull);
  try {
    const published = await publishComments(forge, { mark, bodies, commit: pull.headCommit });
    say(call.environment, publishedText(forge, pull, published));
    if (published.outdated !== true && pull.headCommit !== undefined) await light(call, forge, { pull, mark, bodies, standing });
  } finally {
    await close();
  }
}

function publishedText(forge: Forge, pull: PullRequest, published: Published): string {
  const where = `${forge.name} ${pull.project} ${pull.forge === 'gitlab' ? '!' : '#'}${pull.number}`;
  if (published.outdated === true) return `${where}: has a newer commit, whose own job comments; nothing is written`;
  const counts = (['created', 'updated', 'unchanged', 'removed'] as const).filter((name) => published[name] > 0);
  return `${where}: comment ${counts.map((name) => `${published[name]} ${name}`).join(', ')}`;
}

/** Beside the commit. A token that may comment and not do this is no reason to fail. */
async function light(call: Call, forge: Forge, { pull, mark, bodies, standing }: ToPublish & { pull: PullRequest }): Promise<void> {
  const wanted = text(call, 'status') ?? 'status';
  const context = mark.instance === 'default' ? 'steersman' : `steersman/${mark.instance}`;
  const commit = pull.headCommit ?? '';
  const url = pull.run === undefined ? {} : { url: pull.run };
  const { state, conclusion, description } = standing;
  const tries: [string, () => Promise<void>][] = [];
  if (wanted === 'status' || wanted === 'both')
    tries.push(['set a commit status', () => forge.setStatus(commit, { state, context, description, ...url })]);
  const { addCheck } = forge;
  if ((wanted === 'check' || wanted === 'both') && addCheck !== undefined) {
    const summary = (bodies[0] ?? '').split('\n').slice(1).join('\n').trim();
    tries.push(['add a check', () => addCheck(commit, { conclusion, name: context, title: description, summary, ...url })]);
  }
  for (const [what, act] of tries) {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ForgeError) || ![401, 403, 404].includes(error.status)) throw error;
      say(call.environment, `the token may not ${what} (${error.message}); --status says what to set`);
    }
  }
}

function writeFile(call: Call, out: string, { pull, mark, bodies, standing }: ToPublish & { pull: PullRequest }): void {
  const { headCommit } = pull;
  if (headCommit === undefined) throw new UsageError('--write: the commit of the pull request is not known: this is no CI job of one');
  const content: CommentFile = {
    apiVersion: 'steersman.dev/v1',
    kind: 'PullRequestComments',
    pull: pull.number,
    commit: headCommit,
    instance: mark.instance,
    bodies,
    status: { state: standing.state, description: standing.description },
  };
  writeFileSync(resolve(call.environment.directory, out), `${JSON.stringify(content)}\n`);
  say(call.environment, `the comment is in ${out}: \`steer pr --post ${shellWord(out)}\` posts it`);
}

const largestFile = 20 * 2 ** 20;
/** What a job of a fork wrote is text of a stranger: it goes to the pull request whose commit it names, and says where it is from. */
async function post(call: Call, file: string): Promise<number> {
  const path = resolve(call.environment.directory, file);
  if (statSync(path).size > largestFile) throw new Error(`${file} is larger than a comment can be`);
  const content = readCommentFile(readFileSync(path, 'utf8'), file);
  const pull = projectFor(call, content);
  const mark: CommentMark = { repo: pull.project, pull: content.pull, instance: content.instance };
  const { state, description } = content.status;
  const standing: Standing = { state, description, conclusion: state === 'success' ? 'success' : 'failure' };
  await publish(call, pull, { mark, bodies: postedElsewhere(content.bodies, mark), standing });
  return exitCode(call, standing);
}

function exitCode(call: Call, { conclusion, state }: Standing): number {
  const failOn = text(call, 'failOn') ?? 'blockers';
  if (state === 'error') return 1;
  if (failOn === 'never' || conclusion === 'success') return 0;
  return conclusion === 'failure' || failOn === 'cautions' ? 3 : 0;
}
