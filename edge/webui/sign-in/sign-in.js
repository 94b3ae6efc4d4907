// Sign in, or make an account where that is open; then back to where one came from.
import { ApiError, post, signIn } from "../shared/api.js";
import { busy, check, field } from "../shared/components.js";
import { h } from "../shared/dom.js";
import { t } from "../shared/messages.js";
import { parameters, remember } from "../shared/settings.js";
import { page } from "../shared/shell.js";

/** Only a path of this site: an address that somebody else wrote leads nowhere else. */
export function target(next) {
  return next && /^\/(?![/\\])/.test(next) ? next : "/webui/speech";
}

const input = (props) => h("input", { required: true, ...props });

function signInForm() {
  const name = field(t("Username"), input({ autocomplete: "username", autocapitalize: "none", name: "username" }));
  const password = field(t("Password"), input({ type: "password", autocomplete: "current-password", name: "password" }));
  const keep = check(t("Keep me signed in on this device"));
  return form([name, password, keep], t("Sign in"), async () => {
    try {
      await signIn(name.control.value, password.control.value, keep.control.checked);
    } catch (error) {
      throw error instanceof ApiError && error.status === 401 ? new Error(t("The username or the password is wrong.")) : error;
    }
  });
}

function accountForm() {
  const name = field(t("Username"), input({ autocomplete: "username", autocapitalize: "none" }));
  const email = field(t("E-mail"), input({ type: "email", autocomplete: "email" }));
  const password = field(t("Password"), input({ type: "password", autocomplete: "new-password", minlength: 8, maxlength: 256 }), { hint: t("8 characters or more") });
  return form([name, email, password], t("Make the account"), async () => {
    await post("/auth/register", { username: name.control.value, email: email.control.value, password: password.control.value }, { anonymous: true });
    await signIn(name.control.value, password.control.value, false);
  });
}

function form(fields, action, work) {
  const out = h("div");
  const act = h("button", { class: "primary" }, action);
  const submit = (event) => {
    event.preventDefault();
    busy(act, out, async () => {
      await work();
      location.assign(target(parameters().next));
    });
  };
  return h("form", { class: "stack", on: { submit } }, fields, out, h("div", {}, act));
}

function render(body) {
  const making = parameters().new === "1";
  const other = h("button", {
    type: "button", class: "plain", on: { click: () => {
      remember({ new: making ? null : "1" });
      location.reload();
    } },
  }, making ? t("I have an account") : t("Make an account"));
  body.append(h("div", { class: "card stack narrow" }, making ? accountForm() : signInForm(), h("div", {}, other)));
  body.querySelector("input").focus();
}

if (globalThis.document) page({ name: "sign-in", title: parameters().new === "1" ? t("Make an account") : t("Sign in"), open: true, render });
