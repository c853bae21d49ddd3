import type { Forecast } from '../api/forecast.ts';
import { keyText } from '../api/object.ts';
import type { Caution, Review } from '../api/review.ts';
import { clip, code, escapeMarkdown } from './escape.ts';
import { layOut, sizeOf, type Block, type Section } from './pages.ts';
import { changesNothing, factsOf, type ApplicationFacts, type ReviewFacts } from './review-facts.ts';
import { aboutText, comparedText, countOf, countsText, revisionText, spanText, verdictOf } from './sentences.ts';
import { folded, moveBlock, place, stepBlock, type FileUrl } from './step-block.ts';
import { applicationTable, forecastLines, imageTable } from './markdown-tables.ts';
import { changesSomething, refName } from './wording.ts';

/** Which comment this is: a tool may run several times for one pull request. */
export interface CommentMark {
  readonly repo: string;
  readonly pull: string;
  readonly instance: string;
}
export interface MarkdownOptions {
  readonly version: string;
  /** How to see the same on one's own machine. */
  readonly command?: string;
  readonly mark?: CommentMark;
  readonly fileUrl?: FileUrl;
  /** Where everything can be read, and until when (`90 days`). */
  readonly report?: { readonly url: string; readonly expires?: string };
  /** Bytes that the forge takes in one comment; 65,000 of GitHub's 65,536. */
  readonly longest?: number;
  /** Comments at most; 4. */
  readonly most?: number;
}

/**
 * A review as comments for a pull request, one text each. Each begins with a hidden mark by which it is found again. Blockers and
 * cautions are told in full; an application stays on one page; what has no room is said to be missing.
 */
export function reviewMarkdown(review: Review, forecast: Forecast | undefined, options: MarkdownOptions): readonly string[] {
  const facts = factsOf(review, forecast);
  const foot = footOf(review, facts, options);
  const reserved = sizeOf(foot) + sizeOf(markLine(options.mark, 100)) + 700;
  const sections = [...facts.failed, ...facts.changed].map((one) => section(one, { facts, options }));
  const limits = { longest: Math.max(2000, (options.longest ?? 65_000) - reserved), most: options.most ?? 4 };
  const laid = layOut(leadOf(review, { facts, forecast, options }), sections.filter(hasContent), limits);
  const { pages } = laid;
  return pages.map((chunks, index) => {
    const last = index === pages.length - 1;
    const title = index === 0 ? [] : [`### Steersman, part ${index + 1} of ${pages.length}`];
    const parts = pages.length > 1 && index === 0 ? [`_Part 1 of ${pages.length}; the others follow._`] : [];
    const missing = last ? missingText(laid, options) : [];
    return `${joined([markLine(options.mark, index + 1), ...title, ...chunks, ...parts, ...missing, ...(last ? [foot] : [])])}\n`;
  });
}

/** Paragraphs; items of one list stand together. */
function joined(parts: readonly string[]): string {
  return parts.reduce(
    (text, part) => `${text}${part.startsWith('- ') && text.slice(text.lastIndexOf('\n') + 1).startsWith('- ') ? '\n' : '\n\n'}${part}`,
  );
}

/** `<!-- steersman:REPO:PULL:INSTANCE:PAGE -->`, the first line of each comment. */
export function markLine(mark: CommentMark | undefined, page: number): string {
  return `${markStart(mark)}${page} -->`;
}
/** What is the same in the marks of all pages. */
export function markStart(mark: CommentMark | undefined): string {
  const words = mark === undefined ? ['', '', ''] : [mark.repo, mark.pull, mark.instance];
  return `<!-- steersman:${words.map((word) => encodeURIComponent(word).replaceAll('-', '%2D')).join(':')}:`;
}

const took = '<sub>took ';
/** Two comments that say the same: what a run took does not count. */
export function sameComment(a: string, b: string): boolean {
  const lasting = (text: string) =>
    text
      .replaceAll(/<sub>took [^\n]*<\/sub>/g, '')
      .split(/\r?\n/)
      .map((line) => line.trimEnd())
      .join('\n')
      .trim();
  return lasting(a) === lasting(b);
}

interface About {
  readonly facts: ReviewFacts;
  readonly options: MarkdownOptions;
}
function leadOf(review: Review, about: About & { forecast: Forecast | undefined }): string[] {
  const { facts, forecast, options } = about;
  const verdict = verdictOf(facts, forecast);
  const deletes = verdict.deletes === '' ? '' : `${verdict.changes.includes(':') ? ', ' : ': '}**${escapeMarkdown(verdict.deletes)}**`;
  const icon = facts.blockers.length > 0 ? '⛔ ' : facts.cautions.length > 0 ? '⚠️ ' : changesNothing(facts) ? '✅ ' : '';
  const sentences = verdict.sentences.map((sentence) => escapeMarkdown(sentence)).join(' ');
  return [
    `### ${icon}${escapeMarkdown(verdict.changes)}${deletes}`,
    ...(sentences === '' ? [] : [sentences]),
    `${code(revisionText(review.base))} → ${code(revisionText(review.head))}, ${escapeMarkdown(comparedText(review))}`,
    ...cautionLists(facts, options),
    ...applicationTable([...facts.failed, ...facts.changed], { withRestarts: forecast !== undefined, fileUrl: options.fileUrl }),
    ...imageTable(review.images),
    ...(forecast === undefined || forecast.coverage.changed === 0 ? [] : forecastLines(forecast)),
  ];
}

/** Never folded and never cut; those that say the same of several objects are one. */
function cautionLists({ blockers, cautions }: ReviewFacts, options: MarkdownOptions): string[] {
  const list = (title: string, found: readonly Caution[]) =>
    found.length === 0 ? [] : [`#### ${title}`, ...found.map((caution) => `- ${cautionText(caution, options.fileUrl)}`)];
  return [...list('⛔ Blockers', blockers), ...list('⚠️ Cautions', cautions)];
}

const longestMessage = 2000;
function cautionText(caution: Caution, fileUrl: FileUrl | undefined): string {
  const about = aboutText(caution);
  const application =
    caution.ref === undefined || caution.application === undefined
      ? ''
      : ` <sub>${escapeMarkdown(clip(caution.application.name, 100))}</sub>`;
  const message = escapeMarkdown(clip(caution.message.replaceAll(/\s*\n\s*/g, ' '), longestMessage));
  const fields = caution.fields?.filter((field) => !caution.message.includes(field)) ?? [];
  const where =
    fields.length === 0
      ? ''
      : ` (${fields
          .slice(0, 5)
          .map((field) => code(clip(field, 200)))
          .join(', ')})`;
  return `${about === '' ? '' : `${code(clip(about, 400))}${application}: `}${message}${where}${place(caution.origin, fileUrl)}`;
}

function hasContent(section: Section): boolean {
  return section.blocks.length > 0;
}

function section(one: ApplicationFacts, { facts, options }: About): Section {
  const { review, name, counts, steps, moves } = one;
  const few = facts.changed.length + facts.failed.length <= 3;
  const open = few || counts.delete > 0 || counts.replace > 0 || counts.blocked > 0;
  const said =
    review.change === 'changed' ? countsText(counts) : [review.change, countsText(counts)].filter((part) => part !== '').join(': ');
  const blocks: Block[] = [
    ...steps.map((step) => stepBlock(step, options.fileUrl)),
    ...moves.map((move) => moveBlock(move, options.fileUrl)),
    ...driftBlock(one),
    ...noteBlocks(one),
  ];
  const where = review.origin === undefined ? ` <sub>${code(clip(review.path, 300))}</sub>` : place(review.origin, options.fileUrl);
  return {
    open: `<details${open ? ' open' : ''}><summary><b>${code(clip(name, 200))}</b> ${said}${where}</summary>`,
    blocks,
    close: '</details>',
  };
}

/** What somebody changed in the cluster and the merge would also undo. */
function driftBlock({ review: { drift } }: ApplicationFacts): Block[] {
  const steps = (drift?.steps ?? []).filter((step) => changesSomething(step));
  if (steps.length === 0) return [];
  const heading = `The merge would also undo what was changed in the cluster: ${countOf(steps.length, 'object')}`;
  const parts = steps.map((step) => stepBlock(step).forms[0] ?? '');
  const names = steps.slice(0, 10).map(({ ref }) => code(refName(ref)));
  return [
    { rank: 2, forms: [folded({ heading, open: false, parts }), `${heading} (${names.join(', ')}${steps.length > 10 ? ', …' : ''})`] },
  ];
}

function noteBlocks({ review: { plan } }: ApplicationFacts): Block[] {
  const notes = [...(plan?.holds ?? []).map((hold) => `held for approval: ${hold}`), ...(plan?.notes ?? [])];
  if (notes.length === 0) return [];
  return [{ rank: 3, forms: [notes.map((note) => `- ${escapeMarkdown(clip(note, 1000))}`).join('\n')] }];
}

function missingText(
  laid: { shortened: number; leftOut: number; sectionsLeftOut: number },
  { command, report }: MarkdownOptions,
): string[] {
  const parts = [
    laid.shortened === 0 ? '' : `${countOf(laid.shortened, 'resource')} shortened`,
    laid.leftOut === 0 ? '' : `${countOf(laid.leftOut, 'resource')} left out`,
    laid.sectionsLeftOut === 0 ? '' : `${countOf(laid.sectionsLeftOut, 'application')} left out`,
  ].filter((part) => part !== '');
  if (parts.length === 0) return [];
  const there =
    report !== undefined ? 'the full report has them' : command !== undefined ? `${code(command)} prints them` : '`steer plan` prints them';
  return [`**For want of room: ${parts.join(', ')}; ${there}.**`];
}

function footOf(review: Review, facts: ReviewFacts, { version, command, report }: MarkdownOptions): string {
  const lines: string[] = [];
  const hidden = facts.hidden.reduce((sum, { count }) => sum + count, 0);
  if (hidden > 0) {
    const rules = facts.hidden.map(({ rule, count }) => `${escapeMarkdown(rule)} ${count}`).join(', ');
    lines.push(`<sub>${countOf(hidden, 'object')} re-written without a change, hidden; rules that hid them: ${rules}</sub>`);
  }
  if (facts.unchanged > 0) lines.push(`<sub>${countOf(facts.unchanged, 'application')} unchanged</sub>`);
  const puzzles = review.notUnderstood.slice(0, 20).map(({ path, line, message }) => {
    return `- ${code(clip(line === undefined ? path : `${path}:${line}`, 300))} ${escapeMarkdown(clip(message, 500))}`;
  });
  const more = review.notUnderstood.length > 20 ? [`- and ${review.notUnderstood.length - 20} more`] : [];
  const heading = `Not planned or not understood: ${review.notUnderstood.length}`;
  const puzzled = puzzles.length === 0 ? [] : [folded({ heading, open: false, parts: [[...puzzles, ...more].join('\n')] })];
  const ids = facts.changed.flatMap(({ review: { plan, application } }) =>
    plan === undefined ? [] : [`${clip(keyText(application), 200)} ${plan.planId}`],
  );
  const few = ids.slice(0, 20).map((id) => code(id));
  if (ids.length > 0) lines.push(`<sub>Plan ids: ${few.join(', ')}${ids.length > 20 ? ` and ${ids.length - 20} more` : ''}</sub>`);
  if (command !== undefined) lines.push(`<sub>The same on your machine: ${code(command)}</sub>`);
  if (report !== undefined) {
    const until = report.expires === undefined ? '' : `, kept for ${escapeMarkdown(report.expires)}`;
    lines.push(`<sub><a href="${report.url.replaceAll(/["<>&\s]/g, (char) => encodeURIComponent(char))}">Full report</a>${until}</sub>`);
  }
  return ['---', ...puzzled, [...lines, tookText(review, version)].join('<br>')].join('\n\n');
}

function tookText({ timings }: Review, version: string): string {
  const parts = Object.entries(timings).map(([name, ms]) => `${name} ${spanText(ms)}`);
  const total = Object.values(timings).reduce((sum, ms) => sum + ms, 0);
  return `${took}${spanText(total)}${parts.length > 1 ? ` (${escapeMarkdown(parts.join(', '))})` : ''}, Steersman ${escapeMarkdown(version)}</sub>`;
}
