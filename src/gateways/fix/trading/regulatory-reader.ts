import { AppTag } from '#codec/fix/application-tags.ts';
import type { FixMessage } from '#codec/fix/fix-message.ts';
import { byByte } from '#codec/fix/order-fields.ts';
import {
  DIRECT_ACCESS,
  ORDER_ATTRIBUTES,
  ORDER_CAPACITIES,
  PARTY_ROLES,
  PartyRoleQualifier,
  type PartyRoleValue,
  RULE_80A,
  SHORT_CODE,
} from '#codec/fix/regulatory-values.ts';
import { readDecimal, readUint } from '#codec/fix/values.ts';
import { RegulatoryFlag } from '#domain/commands.ts';
import type { RegulatoryFields } from '#domain/regulatory-fields.ts';

const CODE_MAX = 2 ** 32 - 1;
const SHORT_CODE_BYTE = SHORT_CODE.charCodeAt(0);
const YES = 'Y'.charCodeAt(0);
const NO = 'N'.charCodeAt(0);
const CAPACITY_OF_BYTE = byByte(ORDER_CAPACITIES);
const RULE_80A_OF_BYTE = byByte(RULE_80A);

type Draft = { -readonly [Name in keyof RegulatoryFields]: number };

/**
 * Reads what a NewOrderSingle (D) or an OrderCancelReplaceRequest (G) that the dictionary has accepted says for the authority:
 * the parties with short codes (NoPartyIDs 453: PartyID 448, PartyIDSource 447, PartyRole 452, PartyRoleQualifier 2376),
 * OrderCapacity (528), OrderOrigination (1724) and the order's attributes (NoOrderAttributes 2593: OrderAttributeType 2594,
 * OrderAttributeValue 2595); in FIX 4.2, which has no parties, Rule80A (47) and ClientID (109).
 * @returns what is wrong with it, where something is: text for the counterparty
 */
export function readRegulatoryFields(message: FixMessage): RegulatoryFields | string {
  const isDirect = message.uint(AppTag.OrderOrigination) === DIRECT_ACCESS;
  const draft: Draft = {
    tradingCapacity: capacityOf(message),
    regulatoryFlags: isDirect ? RegulatoryFlag.DirectElectronicAccess : 0,
    clientCode: clientIdOf(message),
    investmentDecisionCode: 0,
    executionDecisionCode: 0,
    nonExecutingBrokerCode: 0,
  };
  const fault = readParties(message, draft) ?? readAttributes(message, draft);
  return fault ?? draft;
}

function capacityOf(message: FixMessage): number {
  const byte = message.char(AppTag.OrderCapacity);
  return byte < 0 ? RULE_80A_OF_BYTE[message.char(AppTag.Rule80A) & 127] : CAPACITY_OF_BYTE[byte & 127];
}

/** ClientID is any text in FIX 4.2: one that is no short code says nothing here. */
function clientIdOf(message: FixMessage): number {
  const code = message.uint(AppTag.ClientID);
  return code > CODE_MAX ? 0 : Math.max(0, code);
}

function readParties(message: FixMessage, draft: Draft): string | undefined {
  let seen = 0;
  let from = message.find(AppTag.NoPartyIDs) + 1;
  while (from < message.count && message.tags[from] === AppTag.PartyID) {
    const to = entryEnd(message, from);
    const number = integerWithin(message, AppTag.PartyRole, from, to);
    const index = PARTY_ROLES.findIndex(({ value }) => value === number);
    const source = message.findWithin(AppTag.PartyIDSource, from, to);
    if (index >= 0 && source >= 0 && message.bytes[message.starts[source]] === SHORT_CODE_BYTE) {
      if ((seen & (1 << index)) !== 0) return `PartyRole (452) ${number} is there twice`;
      seen |= 1 << index;
      const fault = readParty(message, from, to, PARTY_ROLES[index], draft);
      if (fault !== undefined) return fault;
    }
    from = to;
  }
  return undefined;
}

function readParty(
  message: FixMessage,
  from: number,
  to: number,
  { value: role, code: name, byAlgorithm }: PartyRoleValue,
  draft: Draft,
): string | undefined {
  const code = readUint(message.bytes, message.starts[from], message.ends[from]);
  if (code < 0 || code > CODE_MAX)
    return `PartyID (448) of PartyRole ${role} must be an integer of 0 to ${CODE_MAX}`;
  draft[name] = code;
  if (message.findWithin(AppTag.PartyRoleQualifier, from, to) < 0) return undefined;
  const qualifier = integerWithin(message, AppTag.PartyRoleQualifier, from, to);
  const { Algorithm, Firm, Person } = PartyRoleQualifier;
  const other = byAlgorithm === 0 ? Firm : Algorithm;
  if (qualifier !== Person && qualifier !== other)
    return `PartyRoleQualifier (2376) of PartyRole ${role} must be ${other} or ${Person}`;
  if (qualifier !== Algorithm) return undefined;
  if (code === 0) return `PartyID (448) of PartyRole ${role} must not be 0 for an algorithm`;
  draft.regulatoryFlags |= byAlgorithm;
  return undefined;
}

function readAttributes(message: FixMessage, draft: Draft): string | undefined {
  let seen = 0;
  let from = message.find(AppTag.NoOrderAttributes) + 1;
  while (from < message.count && message.tags[from] === AppTag.OrderAttributeType) {
    const to = entryEnd(message, from);
    const type = integerWithin(message, AppTag.OrderAttributeType, from, to);
    const index = ORDER_ATTRIBUTES.findIndex(({ value }) => value === type);
    if (index >= 0) {
      if ((seen & (1 << index)) !== 0) return `OrderAttributeType (2594) ${type} is there twice`;
      seen |= 1 << index;
      const at = message.findWithin(AppTag.OrderAttributeValue, from, to);
      const byte =
        at >= 0 && message.ends[at] - message.starts[at] === 1 ? message.bytes[message.starts[at]] : 0;
      if (byte !== YES && byte !== NO)
        return `OrderAttributeValue (2595) of OrderAttributeType ${type} must be Y or N`;
      const { clientCode, flag } = ORDER_ATTRIBUTES[index];
      if (byte === YES) {
        if (clientCode !== 0 && draft.clientCode !== 0)
          return `OrderAttributeType (2594) ${type} contradicts what else says whom the order is for`;
        draft.clientCode += clientCode;
        draft.regulatoryFlags |= flag;
      }
    }
    from = to;
  }
  return undefined;
}

/**
 * Behind the entry of a group that begins at `from`; behind the last one, the end of the message: the fields of these groups stand nowhere
 * else in an order.
 */
function entryEnd(message: FixMessage, from: number): number {
  const next = message.findWithin(message.tags[from], from + 1, message.count);
  return next < 0 ? message.count : next;
}

/** NaN where the field is absent. */
function integerWithin(message: FixMessage, tag: number, from: number, to: number): number {
  const index = message.findWithin(tag, from, to);
  return index < 0 ? Number.NaN : readDecimal(message.bytes, message.starts[index], message.ends[index], 0);
}
