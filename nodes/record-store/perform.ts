import type { Check } from '../lib/body-schema.ts';
import type { Document, RecordStore } from '../lib/store.ts';
import type { Ask } from './asked.ts';
import type { RecordStoreSettings } from './config.ts';

/** What becomes part of the message; undefined: not found, or a condition is not met. */
export type Answer = Readonly<Record<string, unknown>> | undefined;

const metadata = ({ body: _body, ...rest }: Document): Omit<Document, 'body'> => rest;
/** What one document adds to the message. */
export const answered = (document: Document | undefined): Answer =>
  document && { id: document.id, payload: document.body, document: metadata(document) };

/** Does in the store what was asked, with every body that is stored checked before. */
export const perform = async (
  records: RecordStore,
  { collection, keep }: RecordStoreSettings,
  check: Check,
  ask: Ask,
): Promise<Answer> => {
  const fits = (body: Document['body']): void => check(body, 'body');
  switch (ask.do) {
    case 'put':
      check(ask.body, 'payload');
      return answered(await records.put(collection, ask.id, ask.body, keep > 0 ? keep : undefined));
    case 'get':
      return answered(await records.get(collection, ask.id));
    case 'list': {
      const { total, documents } = await records.list(collection, ask.listing);
      return { payload: documents.map(({ body }) => body), documents: documents.map(metadata), total };
    }
    case 'update':
      return answered(await records.update(collection, ask.id, ask.changes, ask.where, fits));
    case 'reserve':
      return answered(await records.reserve(collection, ask.listing, ask.changes, fits));
    case 'delete':
      return (await records.remove(collection, ask.id, ask.where))
        ? { id: ask.id, payload: null }
        : undefined;
  }
};
