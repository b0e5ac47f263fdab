import {
  isDate,
  isDecimal,
  isInteger,
  isMonthYear,
  isTimeOnly,
  readTimestampMs,
  readUint,
} from '../values.ts';

/** Whether `bytes[from, to)`, which is not empty, has the format of a data type. */
export type FieldFormat = (bytes: Uint8Array, from: number, to: number) => boolean;

const any: FieldFormat = () => true;
const char: FieldFormat = (_bytes, from, to) => to - from === 1;
const boolean: FieldFormat = (bytes, from, to) =>
  to - from === 1 && (bytes[from] === 0x59 || bytes[from] === 0x4e);
const unsigned: FieldFormat = (bytes, from, to) => readUint(bytes, from, to) >= 0;
const timestamp: FieldFormat = (bytes, from, to) => readTimestampMs(bytes, from, to) >= 0;

/** Formats by the names of the data types in FIX 4.2 to 5.0 SP2. */
export const FIELD_FORMATS: Readonly<Record<string, FieldFormat>> = {
  AMT: isDecimal,
  BOOLEAN: boolean,
  CHAR: char,
  COUNTRY: any,
  CURRENCY: any,
  DATA: any,
  DATE: isDate,
  DAYOFMONTH: isInteger,
  EXCHANGE: any,
  FLOAT: isDecimal,
  INT: isInteger,
  LANGUAGE: any,
  LENGTH: unsigned,
  LOCALMKTDATE: isDate,
  MONTHYEAR: isMonthYear,
  MULTIPLECHARVALUE: any,
  MULTIPLESTRINGVALUE: any,
  MULTIPLEVALUESTRING: any,
  NUMINGROUP: unsigned,
  PERCENTAGE: isDecimal,
  PRICE: isDecimal,
  PRICEOFFSET: isDecimal,
  QTY: isDecimal,
  SEQNUM: unsigned,
  STRING: any,
  TIME: timestamp,
  TZTIMEONLY: any,
  TZTIMESTAMP: any,
  UTCDATE: isDate,
  UTCDATEONLY: isDate,
  UTCTIMEONLY: isTimeOnly,
  UTCTIMESTAMP: timestamp,
  XMLDATA: any,
};
