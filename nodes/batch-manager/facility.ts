import { parseNumber } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';
import { wrong } from './answers.ts';

export interface Coordinates {
  readonly lat: number;
  readonly lng: number;
}
/** A place with reactors. */
export interface Facility {
  /** `City|Zip|Name`: of two with the same zip each has its own */
  readonly Id: string;
  readonly Name: string;
  readonly Address: string;
  readonly City: string;
  readonly Zip: string;
  readonly Coordinates: Coordinates;
}

/** A level of a topic: no `/`, `+`, `#`; and no `|`, which stands between city and zip. */
const LEVEL = /^[\p{L}\p{N}](?:[\p{L}\p{N} ._-]{0,38}[\p{L}\p{N}._-])?$/u;
const LEVEL_WANTED = '1 to 40 letters, digits, blanks, ., _ or -';
const TEXT = /^[^|\p{Cc}\p{Cs}]{1,100}$/u;

/** City, zip or id of a reactor. */
export const levelOf = (raw: unknown, name: string): string => {
  const text = typeof raw === 'number' && Number.isFinite(raw) ? String(raw) : raw;
  if (typeof text === 'string' && LEVEL.test(text)) return text;
  throw wrong(name, LEVEL_WANTED, raw);
};
export const isLevel = (raw: unknown): raw is string => typeof raw === 'string' && LEVEL.test(raw);

export const labelOf = (raw: unknown, name: string): string => {
  const text = typeof raw === 'string' ? raw.trim() : raw;
  if (typeof text === 'string' && TEXT.test(text)) return text;
  throw wrong(name, 'text of 1 to 100 characters without |', raw);
};

const degrees = (raw: unknown, name: string, limit: number): number => {
  const value = parseNumber(raw);
  if (value !== undefined && Math.abs(value) <= limit) return value;
  throw wrong(name, `degrees from -${limit} to ${limit}`, raw);
};
const coordinatesOf = (raw: unknown, name: string): Coordinates => {
  const { lat, lng } = isRecord(raw) ? raw : {};
  return { lat: degrees(lat, `${name}lat`, 90), lng: degrees(lng, `${name}lng`, 180) };
};

/** `TJ|22105`: what reactors call the place they are in. */
export const placeOf = ({ City, Zip }: Pick<Facility, 'City' | 'Zip'>): string => `${City}|${Zip}`;

/** Checks `City|Zip`, as a reactor says it. */
export const checkedPlace = (raw: unknown, name: string): string => {
  const parts = typeof raw === 'string' ? raw.split('|') : [];
  if (parts.length === 2 && parts.every(isLevel)) return parts.join('|');
  throw wrong(name, 'city|zip such as TJ|22105', raw);
};

/** The topics of a reactor begin with it. */
export const topicBase = (place: string, reactor: string): string => `/${place.replace('|', '/')}/${reactor}`;

/** Reads a facility; throws an error that names the field and the value. */
export const parseFacility = (raw: unknown, name: string): Facility => {
  if (!isRecord(raw)) throw wrong(name, 'a facility with Name, Address, City, Zip and Coordinates', raw);
  const Name = labelOf(raw['Name'], `${name}.Name`);
  const City = levelOf(raw['City'], `${name}.City`);
  const Zip = levelOf(raw['Zip'], `${name}.Zip`);
  return {
    Id: `${City}|${Zip}|${Name}`,
    Name,
    Address: labelOf(raw['Address'], `${name}.Address`),
    City,
    Zip,
    Coordinates: coordinatesOf(raw['Coordinates'], `${name}.Coordinates.`),
  };
};

const BOX_DEGREES = 0.1;
/** Decimal degrees do not add up exactly in binary. */
const ROUNDING = 1e-9;
const blank = (raw: unknown): boolean => raw === undefined || raw === null || raw === '';

/** Whether a facility lies near the position of a query, ± 0.1 degrees; all do where it has none. */
export const nearby = (payload: unknown): ((facility: Pick<Facility, 'Coordinates'>) => boolean) => {
  const { lat, lng } = isRecord(payload) ? payload : {};
  if (blank(lat) && blank(lng)) return () => true;
  const here = coordinatesOf({ lat, lng }, '');
  const within = (difference: number): boolean => Math.abs(difference) <= BOX_DEGREES + ROUNDING;
  return ({ Coordinates }) => within(Coordinates.lat - here.lat) && within(Coordinates.lng - here.lng);
};
