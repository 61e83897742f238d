import { rootCertificates } from 'node:tls';
import { expect, it } from 'vitest';
import { machineAuthorities } from '../../src/platform/machine-authorities.ts';

it('the machine believes the authorities of Node or of its system, each once', () => {
  const known = machineAuthorities();
  expect(known.length).toBeGreaterThan(0);
  expect(new Set(known).size).toBe(known.length);
  expect(known.every(pem => pem.startsWith('-----BEGIN CERTIFICATE-----'))).toBe(true);
  expect(known).toEqual(expect.arrayContaining([rootCertificates[0]]));
});
