import { parseDuration } from '../base/duration.ts';
import { defaultStartup, type Startup } from './request.ts';

/**
 * Start-up times as a person writes them, `image=duration` each or a duration alone for all others: `web=20s,registry.example/db:16=1m,5s`.
 * @throws Error that says what is wrong
 */
export function parseStartup(texts: readonly string[]): Startup {
  let { defaultMs } = defaultStartup;
  const images: { image: string; ms: number }[] = [];
  for (const part of texts.flatMap((text) => text.split(',')).map((one) => one.trim())) {
    const at = part.lastIndexOf('=');
    if (at < 0) defaultMs = durationIn(part, part);
    else images.push({ image: part.slice(0, at), ms: durationIn(part.slice(at + 1), part) });
  }
  return { defaultMs, images };
}

function durationIn(text: string, whole: string): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new Error(`start-up ${JSON.stringify(whole)}: ${(cause as Error).message}; it is written as web=20s`, { cause });
  }
}
