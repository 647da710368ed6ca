import { isAway } from '../lib/retry.ts';
import { createTurns } from '../lib/turns.ts';
import { sweep } from './acceptance.ts';
import { checkAccess, operations, type Operation } from './access.ts';
import { refused, Refusal, type Outcome } from './answers.ts';
import { updateAvailability, updateOnline } from './availability.ts';
import { batch, batches, command } from './batches.ts';
import type { Premises } from './batch.ts';
import { addEntry } from './journal.ts';
import { makeBatch } from './make.ts';
import { measurements } from './measured.ts';
import { facilities, reactorCommand, reactors, seed } from './reactors.ts';
import { deleteRecipe, putRecipe, recipes } from './recipes.ts';
import { csv, report } from './report.ts';
import { requestOf, type Request } from './requests.ts';
import { updateStatus } from './status-update.ts';

type Perform = (premises: Premises, request: Request) => Promise<Outcome>;
const performers: Readonly<Record<Operation, Perform>> = {
  recipes,
  'put-recipe': putRecipe,
  'delete-recipe': deleteRecipe,
  facilities,
  reactors,
  'make-batch': makeBatch,
  batches,
  batch,
  command,
  'reactor-command': reactorCommand,
  report,
  'report-csv': csv,
  measurements,
  updateBatchStatus: updateStatus,
  updateBioreactorAvailable: updateAvailability,
  updateBioreactorOnline: updateOnline,
  updateJournal: (premises, { payload }) => addEntry(premises, payload),
  seed,
};

export interface Manager {
  /** Does what a message asks; rejects where it cannot be read or the database fails, a refusal is an answer. */
  perform(msg: Readonly<Record<string, unknown>>): Promise<Outcome>;
  /** Looks after reservations that nobody has answered; call it at the start and whenever something is `due`. */
  sweep(): Promise<Outcome>;
}

/** Does it again while the database is away: a device does not say things twice. */
const patiently = async <T>(operate: () => Promise<T>, later: Premises['later']): Promise<T> => {
  for (;;)
    try {
      return await operate();
    } catch (cause) {
      if (!isAway(cause)) throw cause;
      await later();
    }
};

/**
 * The operations over documents. Requests of people run beside each other, held together by conditional changes. What
 * devices say is done in the order in which it came, and waits for a database that is away. A recipe is put when the one
 * before is: no condition can say that there must not be one yet.
 */
export const createManager = (premises: Premises): Manager => {
  const devices = createTurns();
  const recipeBook = createTurns();
  const turnsOf = (operation: Operation): typeof devices | undefined =>
    operations[operation] === 'device' ? devices : operation === 'put-recipe' ? recipeBook : undefined;
  return {
    async perform(msg) {
      try {
        const request = requestOf(msg);
        checkAccess(request.operation, request.caller);
        const end = await turnsOf(request.operation)?.take();
        try {
          const operate = () => performers[request.operation](premises, request);
          return await (operations[request.operation] === 'device'
            ? patiently(operate, premises.later)
            : operate());
        } finally {
          end?.();
        }
      } catch (cause) {
        if (cause instanceof Refusal) return { answer: refused(cause) };
        throw cause;
      }
    },
    sweep: () => sweep(premises),
  };
};
