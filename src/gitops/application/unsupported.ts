import type { ApplicationSpec } from '../../api/kinds.generated.ts';
import { renderSettingsOf } from '../render-settings.ts';

/**
 * Fields of an Application that this version cannot honour, each with what to do instead; none is ever passed over in silence.
 * `renderers`: the names of those that are built in. Pure.
 */
export function unsupportedFields(spec: ApplicationSpec, renderers: readonly string[]): string[] {
  const { source, destination, sync, renderer = {} } = spec;
  const out: string[] = [];
  if (destination?.context !== undefined && destination.context !== '') {
    out.push(
      `spec.destination.context: ${JSON.stringify(destination.context)}: another cluster cannot be a destination yet; ` +
        'leave it out and run `steer up` for the cluster that holds this object',
    );
  }
  if (source.verify?.mode !== undefined && source.verify.mode !== 'none') {
    out.push(`spec.source.verify.mode: ${source.verify.mode}: signatures are not checked yet, so nothing is applied; set it to none`);
  }
  if ((sync?.windows ?? []).length > 0) {
    out.push('spec.sync.windows: syncs cannot wait for a time of day yet; leave it out, and use spec.suspend or spec.sync.auto: false');
  }
  for (const name of Object.keys(renderer)) {
    if (renderers.includes(name)) continue;
    const known = renderers.join(', ');
    out.push(`spec.renderer.${name}: there is no such renderer here (there is: ${known}); leave it out and commit what ${name} makes`);
  }
  out.push(...renderSettingsOf(renderer).problems);
  return out;
}
