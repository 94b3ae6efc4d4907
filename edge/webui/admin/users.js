// The users: to find, to change, to help with a password, to let go.
import { get, patch, post, query, remove } from "../shared/api.js";
import { badge, busy, button, check, confirm, dialog, empty, field, notice, select } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { pagedTable } from "../shared/list.js";
import { bytes, t, time } from "../shared/messages.js";

const GIGABYTE = 1e9;

export function users(panel) {
  const name = h("input", { type: "search" });
  const role = select([["", t("All roles")], ["user", t("user")], ["admin", t("admin")]], "");
  const status = select([["", t("All states")], ["active", t("active")], ["disabled", t("disabled")], ["deleting", t("deleting")]], "");
  const place = h("div");
  const show = () => fill(place, userTable({ name: name.value.trim(), role: role.value, status: status.value }));
  let timer;
  name.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, 300);
  });
  [role, status].forEach((one) => one.addEventListener("change", show));
  panel.append(h("div", { class: "card stack" }, h("div", { class: "row end" }, field(t("Search"), name), field(t("Role"), role), field(t("State"), status)), place));
  show();
}

function userTable(filter) {
  const list = pagedTable({
    caption: t("Users"),
    load: (cursor) => get(query("/api/v1/admin/users", { limit: 20, cursor, ...filter })),
    none: empty(t("Nobody fits.")),
    columns: [
      [t("User"), (user) => [h("strong", {}, user.username), h("div", { class: "small quiet" }, user.email)]],
      [t("Role"), (user) => t(user.role)],
      [t("State"), (user) => badge(user.status)],
      [t("Keys"), (user) => user.live_keys, "number"],
      [t("Quota"), (user) => (user.storage_quota === null ? t("no limit") : bytes(user.storage_quota))],
      [t("Since"), (user) => time(user.created_at)],
      [t("Change"), (user) => button([t("Change"), h("span", { class: "hidden-text" }, ` ${user.username}`)], () => change(user, () => list.refresh()), { kind: "tiny" })],
    ],
  });
  return list;
}

function change(user, refresh) {
  dialog(user.username, (close) => {
    const role = field(t("Role"), select([["user", t("user")], ["admin", t("admin")]], user.role));
    const disabled = check(t("Disabled: nothing of it is taken, its keys are refused"), { checked: user.status === "disabled" });
    const quota = field(t("Storage, GB"), h("input", { type: "number", min: 0, step: "any", value: gigabytes(user) }));
    const weight = field(t("Share of the fleet beside others"), h("input", { type: "number", min: 0.01, max: 100, step: "any", value: user.weight }));
    const out = h("div");
    const act = h("button", { class: "primary" }, t("Save"));
    const submit = (event) => {
      event.preventDefault();
      busy(act, out, async () => {
        await patch(`/api/v1/admin/users/${user.id}`, changesOf(user, { role, disabled, quota, weight }));
        refresh();
        close();
      });
    };
    return h("form", { class: "stack", on: { submit } }, role, disabled, quota, weight, out,
      h("div", { class: "row" }, act, resetButton(user, out), deleteButton(user, refresh, close), button(t("Close"), close)));
  });
}

const gigabytes = ({ storage_quota: quota }) => (quota === null ? "" : String(Number((quota / GIGABYTE).toFixed(3))));

function changesOf(user, { role, disabled, quota, weight }) {
  const wished = {
    role: role.control.value, disabled: disabled.control.checked, weight: Number(weight.control.value),
    // What is shown is rounded; untouched, it stays as exact as it is.
    storage_quota: quota.control.value === gigabytes(user) ? user.storage_quota : quota.control.value === "" ? null : Math.round(Number(quota.control.value) * GIGABYTE),
  };
  const was = { ...user, disabled: user.status === "disabled" };
  return Object.fromEntries(Object.entries(wished).filter(([name, value]) => was[name] !== value));
}

function resetButton(user, out) {
  const act = button(t("A link for a new password"), () => busy(act, out, async () => {
    const offer = await post(`/api/v1/admin/users/${user.id}/password-reset`);
    fill(out, notice("good", h("p", {}, t("Give this link to the user; it is good until {when}.", { when: time(offer.expires_at) })),
      h("code", {}, `${location.origin}/webui/reset#${offer.token}`)));
  }));
  return act;
}

function deleteButton(user, refresh, close) {
  return button(t("Delete"), () => confirm(t("Delete the user?"), t("The account of {name} closes at once; all that it has is erased, step by step.", { name: user.username }), t("Delete it"), async () => {
    await remove(`/api/v1/admin/users/${user.id}`);
    refresh();
    close();
  }), { kind: "danger" });
}
