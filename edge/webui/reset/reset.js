// A new password, by a link that an operator gave. The token stands behind the `#`, which no browser sends to a server or to another
// site.
import { endSession, post } from "../shared/api.js";
import { busy, check, empty, field, notice } from "../shared/components.js";
import { fill, h } from "../shared/dom.js";
import { t } from "../shared/messages.js";
import { page } from "../shared/shell.js";

function render(body) {
  const token = location.hash.slice(1);
  const signIn = h("a", { class: "button", href: "/webui/sign-in" }, t("Sign in"));
  if (!token) return body.append(empty(t("This link is not whole. Open it again as it was given to you, or ask for another."), signIn));
  const password = field(t("New password"), h("input", { type: "password", autocomplete: "new-password", minlength: 8, maxlength: 256, required: true }), { hint: t("8 characters or more") });
  const keys = check(t("End all API keys, too"));
  const out = h("div");
  const act = h("button", { class: "primary" }, t("Set it"));
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => {
      await post("/auth/password-reset", { token, password: password.control.value, revoke_keys: keys.control.checked }, { anonymous: true });
      endSession();
      history.replaceState(null, "", location.pathname);
      fill(body, h("div", { class: "narrow stack", tabindex: "-1" }, notice("good", t("The password is set. Every session has ended: sign in again.")), h("div", {}, signIn)));
      signIn.focus();
    });
  };
  body.append(h("form", { class: "card stack narrow", on: { submit } }, password, keys, out, h("div", {}, act)));
  return password.control.focus();
}

page({ name: "reset", title: t("A new password"), open: true, render });
