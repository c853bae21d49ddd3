import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it should be, as `<= 300` or `>= 2000`. */
  readonly line?: string;
  /** The same work done by somebody else in the same run. */
  readonly peer?: { readonly name: string; readonly value: number };
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? NaN;
}
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** `count` calls of `work`, at most `width` at a time. Answers each one's milliseconds. */
export async function concurrently(count: number, width: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const index = next++;
      took[index] = await timed(() => work(index));
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
  return took;
}

/** `perSecond` calls of `work` each second for some seconds, begun on time whether or not earlier ones are done. Answers each one's milliseconds. */
export async function paced(perSecond: number, seconds: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
  const calls: Promise<number>[] = [];
  const begun = performance.now();
  while (calls.length < perSecond * seconds) {
    const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
    while (calls.length <= due && calls.length < perSecond * seconds) {
      const index = calls.length;
      calls.push(timed(() => work(index)));
    }
    await setTimeout(1);
  }
  return Promise.all(calls);
}

/** True where the value keeps its line; undefined where there is none. */
export function keeps(row: Row): boolean | undefined {
  const match = /^(<=|>=) ([\d.]+)$/.exec(row.line ?? '');
  if (match === null) return undefined;
  return match[1] === '<=' ? row.value <= Number(match[2]) : row.value >= Number(match[2]);
}

export function number(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A table in Markdown, which also reads well on a terminal. */
export function tableOf(rows: readonly Row[]): string {
  const header = ['what', 'measured', 'line', 'kept', 'peer', 'ratio'];
  const cells = rows.map((row) => [
    row.name,
    `${number(row.value)} ${row.unit}`,
    row.line === undefined ? '' : `${row.line} ${row.unit}`,
    { true: 'yes', false: '**no**', undefined: '' }[String(keeps(row)) as 'true' | 'false' | 'undefined'],
    row.peer === undefined ? '' : `${row.peer.name}: ${number(row.peer.value)} ${row.unit}`,
    row.peer === undefined ? '' : (row.value / row.peer.value).toFixed(2),
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (texts: readonly string[]) => `| ${texts.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(header), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...cells.map((row) => line(row))].join('\n');
}
