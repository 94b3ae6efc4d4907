// The first page is plain HTML; this puts it into the reader's language and colours.
import { session } from "./shared/api.js";
import { language, t } from "./shared/messages.js";
import { applyTheme } from "./shared/shell.js";

applyTheme();
document.documentElement.lang = language === "pt" ? "pt-BR" : "en";
for (const element of document.querySelectorAll("[data-text]")) element.textContent = t(element.textContent);
if (session()) document.getElementById("tools").querySelector("a").replaceWith(Object.assign(document.createElement("a"), { className: "button tiny", href: "/webui/account", textContent: t("Account") }));
