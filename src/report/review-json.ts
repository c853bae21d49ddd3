import type { Forecast } from '../api/forecast.ts';
import type { Review } from '../api/review.ts';

/** A review as JSON, as `schemas/steersman/review.json` says; the forecast, where there is one, is a member of it. */
export function reviewJson(review: Review, forecast?: Forecast): Review & { readonly forecast?: Forecast } {
  return forecast === undefined ? review : { ...review, forecast };
}
