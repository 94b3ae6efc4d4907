// The names of users, by the ids that the API tells; for administrators.
import { get, query } from "./api.js";

const known = new Map();

/** Learns the names of those ids that are not known yet. Who is gone has none. */
export async function learn(ids) {
  const missing = [...new Set(ids)].filter((id) => id && !known.has(id));
  if (!missing.length) return;
  if (!known.size) for (const user of (await get(query("/api/v1/admin/users", { limit: 100 }))).items) known.set(user.id, user.username);
  await Promise.all(missing.filter((id) => !known.has(id)).map(async (id) => {
    const user = await get(`/api/v1/admin/users/${id}`).catch(() => undefined);
    known.set(id, user?.username);
  }));
}

export const nameOf = (id) => known.get(id);
