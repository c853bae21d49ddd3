import type { Conversion } from '../kind.ts';
import { event } from './event.ts';
import { horizontalpodautoscaler } from './horizontalpodautoscaler.ts';

/** Kinds of two versions that lie in the store in one: how the other is told of it. */
export const conversions: readonly Conversion[] = [event, horizontalpodautoscaler];
