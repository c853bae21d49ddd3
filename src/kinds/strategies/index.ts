import type { KindRules } from '../rules.ts';

/** What schemas cannot say, kind by kind. */
export const strategies: readonly KindRules[] = [];
