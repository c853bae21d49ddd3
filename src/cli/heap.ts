import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';
import type { Clock } from '../base/clock.ts';

const lookEveryMs = 5000;
/** Shares of the old space that are holes: what lies between is as it should be. */
const many = 0.25;
const few = 0.15;
/** Holes of less than this are left: the heap is small. */
const leastBytes = 24 * 1024 * 1024;

/**
 * Keeps the heap near to what lives in it, until the signal. V8 collects when the heap has grown by a part of what lived after the last
 * time (`growingPercent`), where by itself it waits for several times as much. And while much of its pages is holes it moves what lives in
 * them together when it collects: by itself it hardly ever does, and makes new pages beside holes that are too small for what comes, which
 * in a daemon with many objects are as much again as what lives. Costs some percent of processor under load, nothing at rest.
 */
export async function keepHeapSmall(clock: Pick<Clock, 'sleep'>, signal: AbortSignal): Promise<void> {
  let [moving, growing] = [false, 0];
  while (!signal.aborted) {
    const percent = growingPercent(getHeapStatistics().used_heap_size);
    if (percent !== growing) setFlagsFromString(`--heap-growing-percent=${percent}`);
    growing = percent;
    const { size, holes } = oldSpace();
    const wanted: boolean = holes > leastBytes && holes > (moving ? few : many) * size;
    if (wanted !== moving) setFlagsFromString(wanted ? '--optimize-for-size' : '--no-optimize-for-size');
    moving = wanted;
    // The abort ends the sleep.
    await clock.sleep(lookEveryMs, { signal, upkeep: true }).catch(() => undefined);
  }
}

/** Each collection looks at all that lives: the more the heap may grow meanwhile, the less a byte of garbage costs. */
const growthBytes = 320 * 1024 * 1024;
const smallBytes = 100 * 1024 * 1024;

/** By how much, percent, a heap of so many bytes may grow until it is collected: a fifth; one that is not small by 320 MB, or to its double. */
export function growingPercent(bytes: number): number {
  if (bytes < smallBytes) return 20;
  return Math.min(100, Math.max(20, Math.round((100 * growthBytes) / bytes)));
}

/** Bytes of the pages of what has lived for a while, and how many of them nobody uses. */
function oldSpace(): { readonly size: number; readonly holes: number } {
  const { space_size: size = 0, space_used_size: used = 0 } =
    getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space') ?? {};
  return { size, holes: size - used };
}
