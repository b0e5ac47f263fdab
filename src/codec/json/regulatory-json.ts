import { type Static, Type } from 'typebox';
import { RegulatoryFlag } from '#domain/commands.ts';
import { CAPACITIES, CLIENTS, EXECUTIONS, type RegulatoryFields } from '#domain/regulatory-fields.ts';
import { named } from './schemas.ts';

/** What an order says for the authority, in the terms of (EU) 2017/580 (RTS 24). */

type Capacity = keyof typeof CAPACITIES;
const CAPACITY_NAMES = Object.keys(CAPACITIES) as Capacity[];

const CODE_MAX = 2 ** 32 - 1;

type Texts = { readonly [text: string]: number };

const whole = { type: 'integer', minimum: 1, maximum: CODE_MAX } as const;
const RANGE = `an integer from 1 to ${CODE_MAX}`;
const ShortCode = (whose: string) => Type.Integer({ ...whole, description: `${RANGE}: ${whose}` });
const CodeOr = <Names extends Texts>(texts: Names, description: string) =>
  Type.Unsafe<number | keyof Names>({
    anyOf: [whole, { type: 'string', enum: Object.keys(texts) }],
    description: `${RANGE}, or ${description}`,
  });

const By = Type.Optional(
  Type.Unsafe<'person' | 'algorithm'>({
    type: 'string',
    enum: ['person', 'algorithm'],
    description: 'whose code it is; default: of a person',
  }),
);
const closed = { additionalProperties: false };

const fields = {
  capacity: Type.Optional(
    Type.Unsafe<Capacity>({
      type: 'string',
      enum: CAPACITY_NAMES,
      description: 'dealing on own account, matched principal, any other capacity (RTS 24, field 7)',
    }),
  ),
  directElectronicAccess: Type.Optional(
    Type.Boolean({ description: 'sent by direct electronic access (field 2)' }),
  ),
  liquidityProvision: Type.Optional(
    Type.Boolean({ description: 'of a strategy that provides liquidity (field 8)' }),
  ),
  client: Type.Optional(
    CodeOr(CLIENTS, 'AGGR (several clients), or PNAL (not allocated yet): whom the order is for (field 3)'),
  ),
  investmentDecision: Type.Optional(
    Type.Object({ code: ShortCode('who decided to trade (field 4)'), by: By }, closed),
  ),
  executionDecision: Type.Optional(
    Type.Object({ code: CodeOr(EXECUTIONS, 'NORE (the client): who decided how (field 5)'), by: By }, closed),
  ),
  nonExecutingBroker: Type.Optional(ShortCode('the member that passed the order on (field 6)')),
};

/** In a request. */
export const GivenRegulatory = Type.Object(fields, {
  ...closed,
  description: 'what is kept of the order for the authority; it changes nothing about how it trades',
});

/** In an answer. */
export const Regulatory = named(
  'RegulatoryFields',
  'What an order said for the authority. What it did not say is absent.',
  fields,
);

/** undefined: it says nothing. */
export function readRegulatory(
  given: Static<typeof GivenRegulatory> | undefined,
): RegulatoryFields | undefined {
  if (given === undefined) return undefined;
  const { investmentDecision, executionDecision } = given;
  const said = {
    tradingCapacity: given.capacity === undefined ? 0 : CAPACITIES[given.capacity],
    regulatoryFlags:
      (given.directElectronicAccess === true ? RegulatoryFlag.DirectElectronicAccess : 0) |
      (given.liquidityProvision === true ? RegulatoryFlag.LiquidityProvision : 0) |
      (investmentDecision?.by === 'algorithm' ? RegulatoryFlag.InvestmentDecisionByAlgorithm : 0) |
      (executionDecision?.by === 'algorithm' ? RegulatoryFlag.ExecutionDecisionByAlgorithm : 0),
    clientCode: numberOf(CLIENTS, given.client),
    investmentDecisionCode: investmentDecision?.code ?? 0,
    executionDecisionCode: numberOf(EXECUTIONS, executionDecision?.code),
    nonExecutingBrokerCode: given.nonExecutingBroker ?? 0,
  };
  return Object.values(said).some((value) => value !== 0) ? said : undefined;
}

/** undefined: nothing was said, or it is not known. A flag of a decision without a code says nothing. */
export function regulatoryJson(said: Partial<RegulatoryFields>): Static<typeof Regulatory> | undefined {
  const { tradingCapacity = 0, regulatoryFlags = 0, clientCode = 0 } = said;
  const { investmentDecisionCode = 0, executionDecisionCode = 0, nonExecutingBrokerCode = 0 } = said;
  const has = (flag: number): boolean => (regulatoryFlags & flag) !== 0;
  const by = (flag: number) => (has(flag) ? 'algorithm' : 'person');
  const json: Static<typeof Regulatory> = {};
  // One that the core refused may have any capacity.
  const capacity = CAPACITY_NAMES.find((name) => CAPACITIES[name] === tradingCapacity);
  if (capacity !== undefined) json.capacity = capacity;
  if (has(RegulatoryFlag.DirectElectronicAccess)) json.directElectronicAccess = true;
  if (has(RegulatoryFlag.LiquidityProvision)) json.liquidityProvision = true;
  if (clientCode !== 0) json.client = textOf(CLIENTS, clientCode);
  if (investmentDecisionCode !== 0) {
    json.investmentDecision = {
      code: investmentDecisionCode,
      by: by(RegulatoryFlag.InvestmentDecisionByAlgorithm),
    };
  }
  if (executionDecisionCode !== 0) {
    const code = textOf(EXECUTIONS, executionDecisionCode);
    const isOfMember = code !== 'NORE' || has(RegulatoryFlag.ExecutionDecisionByAlgorithm);
    json.executionDecision = isOfMember
      ? { code, by: by(RegulatoryFlag.ExecutionDecisionByAlgorithm) }
      : { code };
  }
  if (nonExecutingBrokerCode !== 0) json.nonExecutingBroker = nonExecutingBrokerCode;
  return Object.keys(json).length === 0 ? undefined : json;
}

function numberOf<Names extends Texts>(texts: Names, code: number | keyof Names | undefined): number {
  if (code === undefined) return 0;
  return typeof code === 'number' ? code : texts[code];
}

function textOf<Names extends Texts>(texts: Names, code: number): number | keyof Names {
  return Object.keys(texts).find((text) => texts[text] === code) ?? code;
}
