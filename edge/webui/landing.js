// The first page is plain HTML; this puts it into the reader's language and colours.
import { session } from "./shared/api.js";
import { fill, h } from "./shared/dom.js";
import { language, t } from "./shared/messages.js";
import { applyTheme, languageChoice, themeChoice } from "./shared/shell.js";

applyTheme();
document.documentElement.lang = language === "pt" ? "pt-BR" : "en";
for (const element of document.querySelectorAll("[data-text]")) element.textContent = t(element.textContent);
document.querySelector("main nav").setAttribute("aria-label", t("Screens"));
const way = session() ? { class: "button plain tiny", href: "/webui/account" } : { class: "button tiny", href: "/webui/sign-in" };
fill(document.getElementById("tools"), languageChoice(), themeChoice(), h("a", way, session() ? t("Account") : t("Sign in")));
