import type { KubeObject } from '../../api/object.ts';
import { methodNotAllowed } from '../../api/status.ts';
import { clone } from '../../base/json.ts';
import { readObject } from '../rest/body.ts';
import { beforeUpdate, placeObject } from '../rest/metadata.ts';
import { modify, writtenAnswer } from '../rest/modify.ts';
import { readWriteOptions } from '../write-options.ts';
import type { Subresource } from './index.ts';

type WithFinalizers = KubeObject & { spec?: { finalizers?: string[] } };

/** What still holds a Namespace that is going: its spec.finalizers, and nothing else of it. */
export const finalize: Subresource = {
  name: 'finalize',
  verbs: ['update'],
  handle: async (call) => {
    if (call.info.verb !== 'update') throw methodNotAllowed(call.kind.kind, call.info.verb);
    const options = readWriteOptions(call, 'UpdateOptions');
    const sent = readObject(call, options) as WithFinalizers;
    placeObject(call, sent, call.info.name);
    const next = (live: Readonly<KubeObject>): KubeObject => {
      beforeUpdate(call, clone(sent) as KubeObject, live, true);
      const object = clone(live) as WithFinalizers;
      object.spec = { ...object.spec, finalizers: sent.spec?.finalizers ?? [] };
      return object;
    };
    return writtenAnswer(call, await modify(call, call.info, { options, subresource: 'finalize', attempts: 5, next, raw: true }));
  },
};
