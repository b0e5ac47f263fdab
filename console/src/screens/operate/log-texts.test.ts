import assert from 'node:assert/strict';
import { test } from 'node:test';
import { regulatoryText } from './log-texts.ts';

test('what an order says for the authority is one line of what it said', () => {
  assert.equal(
    regulatoryText({
      capacity: 'AOTC',
      directElectronicAccess: true,
      liquidityProvision: true,
      client: 'PNAL',
      investmentDecision: { code: 12, by: 'algorithm' },
      executionDecision: { code: 'NORE' },
      nonExecutingBroker: 77,
    }),
    'AOTC, direct electronic access, liquidity provision, client PNAL, investment decision 12 (algorithm), ' +
      'execution decision NORE, non-executing broker 77',
  );
  assert.equal(regulatoryText({ client: 4711 }), 'client 4711');
});
