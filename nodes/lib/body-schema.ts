import { Ajv, type ErrorObject } from 'ajv';
import { shown } from './number.ts';
import type { Document } from './store.ts';

/** A body that its schema refuses. */
export class Unfit extends Error {}
/** Throws an `Unfit` that names path and value; `name` is what the body is called. */
export type Check = (body: Document['body'], name: string) => void;

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

const sentence = (error: ErrorObject, name: string): string => {
  const path = error.instancePath.replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
  const allowed: unknown = error.params['allowedValues'];
  const extra: unknown = error.params['additionalProperty'];
  const detail = Array.isArray(allowed)
    ? ` (${allowed.join(', ')})`
    : typeof extra === 'string'
      ? ` (${extra})`
      : '';
  return `${name}${path}: ${error.message ?? 'is not what the schema wants'}${detail}, got ${shown(error.data)}`;
};

/**
 * Compiles a JSON schema (draft 7); throws where it is broken, also by a word that JSON schema does not know. Nothing is
 * fetched, and nothing in a body is changed by it.
 */
export const checkFor = (schema: Readonly<Record<string, unknown>> | undefined): Check => {
  if (!schema) return () => {};
  if ('$async' in schema) throw new Error('schema: $async is not for documents, got a schema with it');
  const ajv = new Ajv({ verbose: true, strictTypes: false, strictTuples: false, logger: false });
  let validate: ReturnType<typeof ajv.compile>;
  try {
    validate = ajv.compile(schema);
  } catch (cause) {
    throw new Error(`schema: must be a JSON schema, but ${messageOf(cause)}, got ${shown(schema)}`, {
      cause,
    });
  }
  return (body, name) => {
    if (validate(body)) return;
    const [first] = validate.errors ?? [];
    throw new Unfit(first ? sentence(first, name) : `${name}: is not what the schema wants`);
  };
};
