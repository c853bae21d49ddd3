import { formatQuantity } from '../../api/quantity.ts';

/** What one pod was measured to use, in thousandths. */
export interface PodUsage {
  readonly milli: number;
  /** When it was measured, and over how long. */
  readonly atMs: number;
  readonly windowMs: number;
}
/** By the name of the pod. */
export type Usages = ReadonlyMap<string, PodUsage>;

/** How far from its target a metric may be without anything being done: shares of the target. */
export interface Tolerance {
  readonly down: number;
  readonly up: number;
}
export const defaultTolerance = 0.1;

export function isTolerated(ratio: number, { down, up }: Tolerance): boolean {
  return 1 - down <= ratio && ratio <= 1 + up;
}

/** Thousandths as a status writes them. */
export function milliText(milli: number): string {
  return formatQuantity({ nano: BigInt(Math.trunc(milli)) * 1_000_000n, notation: 'decimal' });
}

export interface Ratio {
  /** Of the target. */
  readonly ratio: number;
  /** Of one pod on average, in thousandths. */
  readonly averageMilli: number;
  /** Percent of what is requested; undefined where the target is an amount. */
  readonly percent?: number;
}

/** Usage against a target for each pod, in thousandths. */
export function amountRatio(usages: Usages, targetMilli: number): Ratio {
  const averageMilli = Math.trunc(totalOf([...usages.values()].map(({ milli }) => milli)) / usages.size);
  return { ratio: averageMilli / targetMilli, averageMilli };
}

/** Usage against a share of the requests, in percent. @throws Error where none of the pods is known */
export function requestRatio(usages: Usages, requests: ReadonlyMap<string, number>, targetPercent: number): Ratio {
  const known = [...usages].filter(([name]) => requests.has(name));
  const used = totalOf(known.map(([, { milli }]) => milli));
  const requested = totalOf(known.map(([name]) => requests.get(name) ?? 0));
  if (requested === 0) throw new Error('no metrics returned matched known pods');
  // Bytes in thousandths, times a hundred, are beyond what a number holds exactly.
  const percent = Number((BigInt(used) * 100n) / BigInt(requested));
  return { ratio: percent / targetPercent, averageMilli: Math.trunc(used / known.length), percent };
}

function totalOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
