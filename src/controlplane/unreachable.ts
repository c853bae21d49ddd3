import type { ApiRequest, ApiResponse, Transport } from '../api/http.ts';
import { serviceUnavailable } from '../api/status.ts';

/** What answers for a node that has no agent. */
export function unreachable(node: string): Transport {
  return (_request: ApiRequest): Promise<ApiResponse> => {
    const error = serviceUnavailable(`no agent of node ${JSON.stringify(node)} is connected`);
    return Promise.resolve({
      status: error.code,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(error.toStatus())),
      object: error.toStatus(),
    });
  };
}
