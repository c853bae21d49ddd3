import type { ApiResponse } from '../../api/http.ts';
import { isNotFound } from '../../api/status.ts';
import type { Call } from '../context.ts';
import { readDeleteOptions } from '../delete-options.ts';
import { keyParts } from '../entry-fields.ts';
import { listAnswer } from '../forms.ts';
import { readListOptions } from '../list-options.ts';
import { readSelection } from '../selection.ts';
import { removeObject } from './delete.ts';
import { readPage } from './list.ts';

/** DELETE of a collection: each object that the selectors name, as if it were deleted alone. */
export async function removeCollection(call: Call): Promise<ApiResponse> {
  const { info, kind } = call;
  const options = readDeleteOptions(call);
  const page = await readPage(call, readSelection(kind, info), readListOptions(info.query, false));
  for (const entry of page.entries) {
    try {
      await removeObject(call, keyParts(entry.key), options);
    } catch (error) {
      // Somebody else has deleted it in between, which is what was asked for.
      if (!isNotFound(error)) throw error;
    }
  }
  return listAnswer(call, page);
}
