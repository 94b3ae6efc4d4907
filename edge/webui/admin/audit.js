// Who did what: sign-ins, passwords, keys, users.
import { get, query } from "../shared/api.js";
import { empty, field, select } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { pagedTable } from "../shared/list.js";
import { t, time } from "../shared/messages.js";
import { learn, nameOf } from "../shared/people.js";

const ACTIONS = {
  "user.signed_in": t("signed in"), "user.guessed_at": t("wrong passwords"), "user.registered": t("made an account"), "user.made": t("user made"), "user.changed": t("user changed"),
  "user.deleted": t("user deleted"), "user.erased": t("user erased"), "password.changed": t("password changed"), "password.reset_offered": t("link for a new password made"),
  "password.reset": t("password set by a link"), "profile.changed": t("profile changed"), "sessions.revoked": t("all sessions ended"), "key.made": t("key made"),
  "key.revoked": t("key revoked"), "webhook_secret.rotated": t("secret of webhooks made anew"),
};
const WAYS = { operator: t("the operator"), nobody: "–" };

export function audit(panel) {
  const action = select([["", t("All")], ...Object.entries(ACTIONS)], "");
  const place = h("div");
  const show = () => fill(place, auditTable(action.value));
  action.addEventListener("change", show);
  panel.append(h("div", { class: "card stack" }, h("div", { class: "row end" }, field(t("What"), action)), place));
  show();
}

function auditTable(action) {
  return pagedTable({
    caption: t("Who did what, newest first"),
    load: async (cursor) => {
      const page = await get(query("/api/v1/admin/audit", { limit: 25, cursor, action }));
      await learn(page.items.flatMap((entry) => [entry.actor, entry.subject]));
      return page;
    },
    none: empty(t("Nothing happened yet.")),
    columns: [
      [t("When"), (entry) => time(entry.at), "tight"],
      [t("What"), (entry) => ACTIONS[entry.action] ?? h("code", {}, entry.action)],
      [t("Who"), (entry) => (entry.actor ? person(entry.actor) : WAYS[entry.via] ?? entry.via)],
      [t("Whom"), (entry) => (entry.subject && entry.subject !== entry.actor ? person(entry.subject) : "–")],
      [t("From"), (entry) => entry.client ?? "–"],
    ],
  });
}

/** A user by name, and who is gone by the id. */
const person = (id) => (nameOf(id) ? h("span", { title: id }, nameOf(id)) : h("code", { class: "small" }, id));
