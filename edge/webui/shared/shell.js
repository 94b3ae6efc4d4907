// What stands around every screen: the bar with the navigation, language and colours, and who is signed in.
import { ApiError, endSession, get, session } from "./api.js";
import { failure, notice, waiting } from "./components.js";
import { fill, h } from "./dom.js";
import { LANGUAGES, language, setLanguage, t } from "./messages.js";
import { read, write } from "./settings.js";

const SCREENS = [["speech", "Speech"], ["batch", "Batches"], ["voices", "Voices"], ["training", "Training"]];
const THEMES = { auto: "Colours: as the system", light: "Colours: light", dark: "Colours: dark" };

/**
 * Draws a page: `name` of its screen, its `title`, a sentence about it, and `render(main, profile)`. Unless it is `open`, who is
 * not signed in is led to the sign-in and back.
 */
export async function page({ name, title, lead, open = false, admin = false, render }) {
  document.documentElement.lang = language === "pt" ? "pt-BR" : "en";
  document.title = `${title} · Kiskadee`;
  applyTheme();
  const main = h("main", { id: "main", tabindex: "-1" });
  const bar = h("header", { class: "bar" });
  document.body.replaceChildren(h("a", { class: "skip", href: "#main" }, t("Skip to the content")), bar, main, offlineNotice());
  const drawBar = (profile) => {
    fill(bar, barOf(name, profile));
    // Where there is no room for all screens, this one is among those that are seen.
    bar.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  drawBar(undefined);
  addEventListener("signed-out", toSignIn);
  if (!open && !session()) return toSignIn();
  const body = h("div", { class: "stack" }, waiting());
  fill(main, h("h1", {}, title), lead && h("p", { class: "lead" }, lead), body);
  try {
    const profile = session() ? await get("/auth/me") : undefined;
    drawBar(profile);
    if (admin && profile.role !== "admin") return fill(body, noRights());
    fill(body);
    await render(body, profile);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status !== 401 || open) fill(body, failure(error, () => location.reload()));
  }
}

function noRights() {
  return notice("warn", t("This page is for administrators. Ask one to give your account that role, or sign in with another account."));
}

function toSignIn() {
  if (location.pathname.endsWith("/sign-in")) return;
  location.assign(`/webui/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

function barOf(name, profile) {
  const screens = profile?.role === "admin" ? [...SCREENS, ["admin", "Administration"]] : SCREENS;
  const links = screens.map(([id, label]) =>
    h("a", { href: `/webui/${id}`, "aria-current": id === name ? "page" : null }, t(label)));
  return h("div", { class: "bar-inner" },
    h("a", { class: "brand", href: "/" }, h("img", { src: "/webui/kiskadee.svg", alt: "", width: 32, height: 32 }), h("span", {}, "Kiskadee")),
    h("nav", { "aria-label": t("Screens") }, links),
    h("div", { class: "bar-tools" }, languageChoice(), themeChoice(), profile ? accountLinks(profile) : signInLink(name)));
}

function signInLink(name) {
  return name === "sign-in" ? null : h("a", { class: "button tiny", href: "/webui/sign-in" }, t("Sign in"));
}

function accountLinks(profile) {
  const leave = () => {
    endSession();
    location.assign("/webui/sign-in");
  };
  return [
    h("a", { class: "button plain tiny", href: "/webui/account", title: profile.username }, t("Account")),
    h("button", { class: "tiny plain", type: "button", on: { click: leave } }, t("Sign out")),
  ];
}

export function languageChoice() {
  const next = language === "en" ? "pt" : "en";
  const change = () => {
    setLanguage(next);
    location.reload();
  };
  return h("button", { class: "tiny plain", type: "button", lang: next, title: LANGUAGES[next], on: { click: change } },
    next.toUpperCase(), h("span", { class: "hidden-text" }, ` ${LANGUAGES[next]}`));
}

export function themeChoice() {
  const order = Object.keys(THEMES);
  const button = h("button", { class: "tiny plain", type: "button" });
  const show = () => {
    const theme = read("theme") ?? "auto";
    const label = t(THEMES[theme]);
    button.title = label;
    fill(button, h("span", { "aria-hidden": "true" }, { auto: "◐", light: "☀", dark: "☾" }[theme]), h("span", { class: "hidden-text" }, label));
  };
  button.addEventListener("click", () => {
    write("theme", order[(order.indexOf(read("theme") ?? "auto") + 1) % order.length]);
    applyTheme();
    show();
  });
  show();
  return button;
}

export function applyTheme() {
  const theme = read("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

function offlineNotice() {
  const text = h("div", { class: "toasts", role: "status" });
  let lost = false;
  const show = () => {
    const why = navigator.onLine ? lost && t("The site cannot be reached just now. What is followed here goes on by itself when it is back.") : t("You are offline. What is here stays; nothing is lost that was accepted.");
    fill(text, why ? h("div", { class: "toast" }, why) : null);
  };
  const found = (is) => () => {
    lost = !is;
    show();
  };
  addEventListener("unreached", found(false));
  addEventListener("reached", found(true));
  addEventListener("offline", show);
  addEventListener("online", show);
  show();
  return text;
}
