import {
  ApiKeyKind,
  CommandType,
  IncidentSeverity,
  IncidentState,
  InstrumentKind,
  KillScope,
  OrderFlag,
  OrderType,
  Phase,
  RegulatoryFieldsRule,
  SelfTradePrevention,
  Side,
  TimeInForce,
  VenueComponent,
} from '#domain/commands.ts';
import { ComponentState } from '#domain/component-status.ts';
import { CancelReason, PostingKind } from '#domain/events.ts';
import { OrderStatus } from '#domain/history.ts';

/** The text of a domain's name on the wire: `GoodTillCancel` is "good-till-cancel". */
type Kebab<Text extends string> = Text extends `${infer First}${infer Rest}`
  ? Rest extends Uncapitalize<Rest>
    ? `${Lowercase<First>}${Kebab<Rest>}`
    : `${Lowercase<First>}-${Kebab<Rest>}`
  : Text;

/** The names of one enumeration of the domain as they stand in JSON. Its numbers never do. */
export class Names<Name extends string> {
  declare readonly all: readonly Name[];
  declare private readonly nameByNumber: ReadonlyMap<number, Name>;
  declare private readonly numberByName: ReadonlyMap<string, number>;

  constructor(enumeration: { readonly [name: string]: number }) {
    const entries = Object.entries(enumeration).map(
      ([name, number]) => [kebab(name) as Name, number] as const,
    );
    this.all = entries.map(([name]) => name);
    this.numberByName = new Map(entries);
    this.nameByNumber = new Map(entries.map(([name, number]) => [number, name]));
  }

  has(number: number): boolean {
    return this.nameByNumber.has(number);
  }

  /** @throws RangeError for a number that has no name: the caller has checked that it is not "none" */
  of(number: number): Name {
    const name = this.nameByNumber.get(number);
    if (name === undefined) throw new RangeError(`${number} is none of ${this.all.join(', ')}`);
    return name;
  }

  /** As `of`, but undefined for 0, which the domain uses for "none". */
  ofOptional(number: number): Name | undefined {
    return number === 0 ? undefined : this.of(number);
  }

  /** The number of a name, or undefined for a text that is none. */
  numberOf(name: string): number | undefined {
    return this.numberByName.get(name);
  }
}

/** `GoodTillCancel` as it stands in JSON: "good-till-cancel". */
export function kebab(name: string): string {
  return name.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}

function names<Enumeration extends { readonly [name: string]: number }>(
  enumeration: Enumeration,
): Names<Kebab<keyof Enumeration & string>> {
  return new Names(enumeration);
}

export const SideName = names(Side);
export const OrderTypeName = names(OrderType);
export const TimeInForceName = names(TimeInForce);
export const OrderStatusName = names(OrderStatus);
export const OrderFlagName = names(OrderFlag);
export const CancelReasonName = names(CancelReason);
export const PostingKindName = names(PostingKind);
export const PhaseName = names(Phase);
export const InstrumentKindName = names(InstrumentKind);
export const SelfTradePreventionName = names(SelfTradePrevention);
export const RegulatoryFieldsRuleName = names(RegulatoryFieldsRule);
export const ApiKeyKindName = names(ApiKeyKind);
export const KillScopeName = names(KillScope);
export const VenueComponentName = names(VenueComponent);
export const ComponentStateName = names(ComponentState);
export const IncidentSeverityName = names(IncidentSeverity);
export const IncidentStateName = names(IncidentState);

/** Commands go by the names that the log and docs/records.md give them. */
const COMMAND_NAMES = new Map<number, string>(
  Object.entries(CommandType).map(([name, type]) => [type, name]),
);

/** The name of a command type, as in docs/records.md. @throws RangeError for a number that is none */
export function commandName(type: number): string {
  const name = COMMAND_NAMES.get(type);
  if (name === undefined) throw new RangeError(`${type} is no command type`);
  return name;
}
