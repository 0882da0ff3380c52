import { expect, test } from 'vitest';
import { networkOf } from '../../src/server/auth/address.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['::1', '::/64'],
  ['fe80::1%eth0', 'fe80::/64'],
  ['', ''],
])('one subscriber counts as one: %s is of %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
