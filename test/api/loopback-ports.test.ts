import { describe, expect, it } from 'vitest';
import { loopbackPortsOf, loopbackPortsStatus } from '../../src/api/loopback-ports.ts';

describe('ports of a shared address', () => {
  it('are told in a condition, and read from it', () => {
    const ports = { '8080/TCP': 20_001, '53/UDP': 20_002 };
    const condition = loopbackPortsStatus(ports);
    expect(condition.message).toBe('8080/TCP is 20001, 53/UDP is 20002');
    expect(loopbackPortsOf([{ type: 'Ready', status: 'True' }, condition])).toEqual(ports);
  });
  it('may be none, which is not the same as an address of its own', () => {
    expect(loopbackPortsOf([loopbackPortsStatus({})])).toEqual({});
    expect([loopbackPortsOf(undefined), loopbackPortsOf([{ ...loopbackPortsStatus({}), status: 'False' }])]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
