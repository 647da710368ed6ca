import type { Caller } from './access.ts';
import { answered, asked, Refusal, type Outcome } from './answers.ts';
import { asBody, bodyOf, type Premises, type StoredRecipe } from './batch.ts';
import { isRecipeName, parseRecipe } from './recipe.ts';
import type { Request } from './requests.ts';

const MAX = 1000;
const idOf = (owner: string, name: string): string => `${owner}|${name}`;

/** What is owned, as conditions: an operator sees the own ones, the others all. */
export const owned = ({ user, role }: Caller) =>
  role === 'operator' ? [{ field: 'Email', is: '=', value: user } as const] : [];

export const recipes = async ({ records, shelves }: Premises, { caller }: Request): Promise<Outcome> => {
  const { documents } = await records.list(shelves.recipes, { where: owned(caller), limit: MAX });
  return answered({ items: documents.map(({ body }) => body) });
};

/** A recipe of the caller's own; refuses where there is none of this name. */
export const ownRecipe = async (
  { records, shelves }: Premises,
  { user }: Caller,
  name: unknown,
): Promise<StoredRecipe> => {
  const document =
    typeof name === 'string' && isRecipeName(name)
      ? await records.get(shelves.recipes, idOf(user, name))
      : undefined;
  if (document) return bodyOf<StoredRecipe>(document);
  throw new Refusal(404, `You have no recipe ${typeof name === 'string' ? name : 'without a name'}`);
};

export const putRecipe = async (premises: Premises, { caller, payload }: Request): Promise<Outcome> => {
  const { records, shelves, now } = premises;
  const read = asked(() => parseRecipe(payload));
  const id = idOf(caller.user, read.Name);
  if (await records.get(shelves.recipes, id))
    throw new Refusal(409, `Name: you have a recipe ${read.Name} already`);
  const recipe: StoredRecipe = { ...read, Email: caller.user, Timestamp: Math.floor(now() / 1000) };
  await records.put(shelves.recipes, id, asBody(recipe));
  return answered({ recipe }, 201);
};

/** Batches made of it keep what they were made of. */
export const deleteRecipe = async (premises: Premises, { caller, id }: Request): Promise<Outcome> => {
  const recipe = await ownRecipe(premises, caller, id);
  await premises.records.remove(premises.shelves.recipes, idOf(recipe.Email, recipe.Name));
  return answered({});
};
