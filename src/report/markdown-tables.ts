import type { Forecast, Rollout } from '../api/forecast.ts';
import type { ImageChange, LiveHealth } from '../api/review.ts';
import { clip, code, escapeMarkdown } from './escape.ts';
import type { ApplicationFacts } from './review-facts.ts';
import { becauseText, countOf, coverageText, endText, forecastEndText, imageText, worstText } from './sentences.ts';
import { folded, place, type FileUrl } from './step-block.ts';
import { refName } from './wording.ts';

/** Rows beyond it are folded. */
const openRows = 15;
/** Rows beyond it are counted: a table cannot go on over two comments. */
const mostRows = 60;

function table(header: readonly string[], rows: readonly (readonly string[])[], what: string): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const text = (shown: readonly (readonly string[])[]) => [line(header), line(header.map(() => '---')), ...shown.map(line)].join('\n');
  if (rows.length <= openRows + 2) return [text(rows)];
  const rest = rows.slice(openRows, mostRows);
  const more = rows.length > mostRows ? [`and ${countOf(rows.length - mostRows, `more ${what}`)}`] : [];
  return [
    text(rows.slice(0, openRows)),
    folded({ heading: `${countOf(rows.length - openRows, `more ${what}`)}`, open: false, parts: [text(rest), ...more] }),
  ];
}

/** What happens to each application, in numbers, and how it stands now where a live cluster was looked at. */
export function applicationTable(
  applications: readonly ApplicationFacts[],
  { withRestarts, fileUrl }: { withRestarts: boolean; fileUrl: FileUrl | undefined },
): string[] {
  // A single one is told by the verdict, but for how it stands now.
  const standing = applications.some(({ review }) => review.health !== undefined);
  if (applications.length < 2 && !standing) return [];
  const moves = applications.some(({ counts }) => counts.move > 0);
  const header = [
    'application',
    'create',
    'update',
    'delete',
    'replace',
    ...(moves ? ['move'] : []),
    ...(withRestarts ? ['restarts'] : []),
    ...(standing ? ['health now'] : []),
    'where',
  ];
  const number = (count: number) => (count === 0 ? '' : String(count));
  const rows = applications.map(({ review, name, counts, restarts }) => {
    const gone = counts.delete === 0 ? '' : `**${counts.delete}**`;
    const restarting = restarts.map(({ workload }) => code(workload.name));
    const few = restarting.length > 3 ? `${restarting.slice(0, 3).join(', ')} and ${restarting.length - 3} more` : restarting.join(', ');
    const state = stateText(review.change, counts.blocked);
    return [
      `${code(clip(name, 80))}${state}`,
      number(counts.create),
      number(counts.update),
      gone,
      number(counts.replace),
      ...(moves ? [number(counts.move)] : []),
      ...(withRestarts ? [few] : []),
      ...(standing ? [healthCell(review.health)] : []),
      review.origin === undefined ? `<sub>${code(clip(review.path, 100))}</sub>` : place(review.origin, fileUrl).trim(),
    ];
  });
  return table(header, rows, 'application');
}

function healthCell(health: LiveHealth | undefined): string {
  if (health === undefined) return '';
  const said = health.message === undefined ? '' : ` <sub>${escapeMarkdown(clip(health.message.replaceAll(/\s+/g, ' '), 200))}</sub>`;
  return `${health.status === 'Healthy' ? '' : '⚠️ '}${health.status}${said}`;
}
function stateText(change: ApplicationFacts['review']['change'], blocked: number): string {
  if (change === 'failed') return ' ⛔ failed';
  if (blocked > 0) return ` ⛔ ${blocked} blocked`;
  return change === 'added' || change === 'removed' ? ` ${change}` : '';
}

/** Images, charts: from what to what. */
export function imageTable(images: readonly ImageChange[]): string[] {
  if (images.length === 0) return [];
  const rows = images.map((change) => {
    const text = escapeMarkdown(clip(imageText(change), 200));
    const users = change.usedBy.slice(0, 3).map((ref) => code(clip(refName(ref), 100)));
    const more = change.usedBy.length > 3 ? ` and ${change.usedBy.length - 3} more` : '';
    return [code(clip(change.image, 150)), change.major ? `**${text}**` : text, `${users.join(', ')}${more}`];
  });
  return table(['image', 'from → to', 'used by'], rows, 'image');
}

/** What runs differently on the way: what restarts, why, and the worst moment. */
export function forecastLines(forecast: Forecast): string[] {
  const { rollouts, coverage, assumptions } = forecast;
  const head = `**Forecast**: ${forecastEndText(forecast)}, ${coverageText(forecast)}`;
  const missed = notJudged(coverage.notJudged);
  const rests = [...assumptions.map((one) => `- ${escapeMarkdown(clip(one, 300))}`), ...missed];
  const rows = rollouts.map((rollout) => rolloutRow(rollout));
  return [
    head,
    ...(rows.length === 0 ? [] : table(['workload', 'what', 'because', 'worst moment', 'takes'], rows, 'workload')),
    ...(rests.length === 0 ? [] : [folded({ heading: 'What the forecast rests on', open: false, parts: [rests.join('\n')] })]),
  ];
}

/** Those with the same reason stand together. */
function notJudged(all: Forecast['coverage']['notJudged']): string[] {
  const byWhy = new Map<string, string[]>();
  for (const { ref, why } of all) byWhy.set(why, [...(byWhy.get(why) ?? []), code(refName(ref))]);
  const lines = [...byWhy].map(([why, names]) => {
    const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
    return `- not judged: ${names.slice(0, 5).join(', ')}${more}: ${escapeMarkdown(clip(why, 300))}`;
  });
  return lines.length > 20 ? [...lines.slice(0, 20), `- not judged: ${lines.length - 20} more reasons`] : lines;
}

function rolloutRow(rollout: Rollout): string[] {
  const { workload, kind, stuck, worst, desired } = rollout;
  const short = kind === 'restarts' && worst.available < desired;
  const moment = kind === 'restarts' || kind === 'scales' ? worstText(rollout) : '';
  const end = escapeMarkdown(clip(endText(rollout), 300));
  return [
    code(refName(workload)),
    kind,
    escapeMarkdown(clip(becauseText(rollout), 300)),
    short ? `**${moment}**` : moment,
    stuck === undefined ? end : `⛔ ${end}`,
  ];
}
