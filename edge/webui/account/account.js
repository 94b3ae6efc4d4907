// What is of the caller alone: profile, keys, storage, the secret of webhooks and what they delivered.
import { get, post, put, query, remove } from "../shared/api.js";
import { badge, busy, button, confirm, dialog, empty, failure, field, figures, notice, tabs, waiting } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { pagedTable, table } from "../shared/list.js";
import { bytes, t, time } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { page } from "../shared/shell.js";

function render(body, profile) {
  body.append(tabs(t("Account"), [
    ["keys", t("API keys"), keys],
    ["profile", t("Profile"), (panel) => profileForm(panel, profile)],
    ["storage", t("Storage"), storage],
    ["webhooks", t("Webhooks"), webhooks],
  ], parameters().tab, (tab) => remember({ tab })));
}

function keys(panel) {
  const name = field(t("What the key is for"), h("input", { required: true, maxlength: 100 }));
  const days = field(t("Days until it expires"), h("input", { type: "number", min: 1, max: 3650 }), { hint: t("Left empty, it does not expire") });
  const scopes = field(t("Scopes"), h("input", { placeholder: "speech:* jobs:read" }), { hint: t("Left empty, the key does work and no more") });
  const out = h("div");
  const list = keyTable();
  const act = h("button", { class: "primary" }, t("Make a key"));
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => {
      const wished = scopes.control.value.split(/[\s,]+/).filter(Boolean);
      const made = await post("/api/v1/advanced/auth/api-key", {
        name: name.control.value, ...(days.control.value && { expires_days: Number(days.control.value) }), ...(wished.length && { scopes: wished }),
      });
      fill(out, secretNotice(made.api_key));
      event.target.reset();
      list.refresh(true);
    });
  };
  panel.append(h("div", { class: "stack" }, h("form", { class: "card stack", on: { submit } },
    h("div", { class: "row top" }, name, days, scopes), h("div", {}, act), out), h("div", { class: "card" }, list)));
}

/** A secret that is shown this once. */
export function secretNotice(secret) {
  const copy = button(t("Copy"), async () => {
    await navigator.clipboard.writeText(secret);
    fill(copy, t("Copied"));
  }, { kind: "tiny" });
  return notice("good", h("p", {}, t("Copy it now: it is not shown again.")), h("p", {}, h("code", {}, secret)), copy);
}

function keyTable() {
  const list = pagedTable({
    caption: t("API keys"),
    load: (cursor) => get(query("/api/v1/advanced/auth/api-key", { limit: 20, cursor })),
    none: empty(t("No keys yet. A program that uses the API needs one.")),
    columns: [
      [t("Name"), (key) => [key.name, h("div", { class: "small quiet" }, h("code", {}, `${key.prefix}…`))]],
      [t("Scopes"), (key) => h("code", {}, key.scopes.join(" "))],
      [t("Last used"), (key) => time(key.last_used_at)],
      [t("Expires"), (key) => time(key.expires_at)],
      [t("Revoke"), (key) => (key.revoked_at ? h("span", { class: "badge" }, t("revoked")) : button([t("Revoke"), h("span", { class: "hidden-text" }, ` ${key.name}`)], () =>
        confirm(t("Revoke the key?"), t("Programs that use “{name}” are refused from now on.", { name: key.name }), t("Revoke it"), async () => {
          await remove(`/api/v1/advanced/auth/api-key/${key.id}`);
          list.refresh();
        }), { kind: "tiny danger" }))],
    ],
  });
  return list;
}

function profileForm(panel, profile) {
  const name = field(t("Full name"), h("input", { value: profile.full_name ?? "", autocomplete: "name" }));
  const email = field(t("E-mail"), h("input", { type: "email", value: profile.email, autocomplete: "email" }));
  const fresh = field(t("New password"), h("input", { type: "password", autocomplete: "new-password", minlength: 8, maxlength: 256 }), { hint: t("Left empty, it stays") });
  const current = field(t("Current password"), h("input", { type: "password", autocomplete: "current-password" }), { hint: t("Needed to change e-mail or password") });
  const out = h("div");
  const act = h("button", { class: "primary" }, t("Save"));
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => {
      await put("/auth/profile", {
        full_name: name.control.value || null, ...(email.control.value !== profile.email && { email: email.control.value }),
        ...(fresh.control.value && { password: fresh.control.value }), ...(current.control.value && { current_password: current.control.value }),
      });
      fill(out, notice("good", t("Saved.")));
    });
  };
  panel.append(h("form", { class: "card stack", on: { submit } }, h("p", {}, t("Signed in as {name}.", { name: profile.username })), name, email, fresh, current, out, h("div", {}, act)));
}

async function storage(panel) {
  const out = panel.appendChild(h("div", { class: "card stack" }, waiting()));
  try {
    const usage = await get("/api/v1/usage");
    const share = usage.quota_bytes ? Math.min(100, (100 * usage.stored_bytes) / usage.quota_bytes) : 0;
    const shown = [[t("Stored"), usage.stored_bytes], [t("Quota"), usage.quota_bytes], [t("Files that were brought"), usage.file_bytes], [t("What was made"), usage.result_bytes]];
    fill(out, figures(shown.map(([label, value]) => [label, value === null ? t("no limit") : bytes(value)])), h("progress", { max: 100, value: share, "aria-label": t("Share of the quota") }));
  } catch (error) {
    fill(out, failure(error));
  }
}

function webhooks(panel) {
  const secret = h("div", { class: "card stack" }, waiting());
  const out = h("div");
  const showSecret = async (ask) => {
    try {
      const info = await ask;
      const shown = h("p", { hidden: true }, h("code", {}, info.secret));
      const reveal = button(t("Show the secret"), () => {
        shown.hidden = !shown.hidden;
        fill(reveal, shown.hidden ? t("Show the secret") : t("Hide the secret"));
      }, { kind: "tiny" });
      const rotate = button(t("Make a new secret"), () => confirm(t("Make a new secret?"), t("The one of before is still valid for a while, so that receivers can change over."), t("Make it"),
        () => showSecret(post("/api/v1/webhooks/secret/rotate"))), { kind: "tiny" });
      fill(secret, h("h2", {}, t("Secret")), h("p", {}, t("Signs what is sent to your addresses, by the Standard Webhooks specification. Made {when}.", { when: time(info.created_at) })),
        shown, h("div", { class: "row" }, reveal, rotate));
    } catch (error) {
      fill(secret, failure(error));
    }
  };
  showSecret(get("/api/v1/webhooks/secret"));
  const list = pagedTable({
    caption: t("Deliveries, newest first"),
    load: (cursor) => get(query("/api/v1/webhooks/deliveries", { limit: 20, cursor })),
    none: empty(t("Nothing was delivered yet. Name a webhook_url when you send work, and its end is told there.")),
    columns: [
      [t("When"), (one) => time(one.created_at), "tight"],
      [t("Event"), (one) => h("code", {}, one.event)],
      [t("Address"), (one) => h("span", { class: "small" }, one.url)],
      [t("State"), (one) => [badge(one.status), one.reason ? h("div", { class: "small" }, one.reason) : null]],
      [t("Attempts"), (one) => one.attempts, "number"],
      [t("More"), (one) => h("div", { class: "row" }, button(t("Look"), () => look(one), { kind: "tiny" }), replay(one, out, () => list.refresh())), "tight"],
    ],
  });
  panel.append(h("div", { class: "stack" }, secret, h("div", { class: "card stack" }, h("h2", {}, t("Deliveries")), out, list)));
}

function replay(one, out, refresh) {
  const act = button(t("Send again"), () => busy(act, out, async () => {
    await post(`/api/v1/webhooks/deliveries/${one.id}/replay`);
    refresh();
  }), { kind: "tiny" });
  return act;
}

function look(one) {
  const out = h("div", { class: "stack" }, waiting());
  dialog(t("Delivery"), (close) => [out, button(t("Close"), close)]);
  get(`/api/v1/webhooks/deliveries/${one.id}`).then((detail) => fill(out, h("pre", {}, JSON.stringify(detail.payload, null, 2)),
    table(t("Attempts"), [[t("When"), (at) => time(at.at)], [t("Answer"), (at) => at.status_code ?? at.error ?? "–"], ["ms", (at) => at.duration_ms ?? "–", "number"]], detail.attempt_log)))
    .catch((error) => fill(out, failure(error)));
}

if (globalThis.document) page({ name: "account", title: t("Account"), lead: t("Your profile, keys, storage and webhooks."), render });
