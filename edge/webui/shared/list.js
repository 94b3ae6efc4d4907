// Lists of any length: one page at a time, by the API's cursors.
import { button, empty, failure, waiting } from "./components.js";
import { fill, h } from "./dom.js";
import { t } from "./messages.js";

/**
 * A table of what `load(cursor)` gives as `{items, next_cursor}`. `columns` is [[label, cell(item), class?], …]; `none` is what
 * stands there when there is nothing. `refresh()` of the element loads the page anew and keeps what is shown meanwhile.
 */
export function pagedTable({ caption, columns, load, none, rowProps = () => ({}), onPage = () => {} }) {
  const element = h("div", { class: "stack" }, waiting());
  const cursors = [undefined];
  let shown = 0;
  const show = async (page) => {
    const turn = (shown += 1);
    try {
      const answer = await load(cursors[page]);
      if (turn !== shown) return;
      cursors[page + 1] = answer.next_cursor ?? undefined;
      const body = answer.items.length ? table(caption, columns, answer.items, rowProps) : none ?? empty(t("Nothing here."));
      fill(element, body, pager(page, answer.next_cursor, show));
      onPage(answer.items);
    } catch (error) {
      fill(element, failure(error, () => show(page)));
    }
  };
  let at = 0;
  const go = (page) => show((at = page));
  element.refresh = (first = false) => go(first ? 0 : at);
  go(0);
  return element;

  function pager(page, more, turn) {
    if (page === 0 && !more) return null;
    return h("div", { class: "row" },
      button(t("Previous"), () => turn((at = page - 1)), { kind: "tiny", disabled: page === 0 }),
      h("span", { class: "quiet" }, t("Page {n}", { n: page + 1 })),
      button(t("Next"), () => turn((at = page + 1)), { kind: "tiny", disabled: !more }));
  }
}

/** A table that becomes cards where there is no room. */
export function table(caption, columns, items, rowProps = () => ({})) {
  const head = h("tr", {}, columns.map(([label, , kind]) => h("th", { scope: "col", class: kind ?? null }, label)));
  const rows = items.map((item) => h("tr", rowProps(item), columns.map(([label, cell, kind]) =>
    h("td", { class: kind ?? null, "data-label": label }, h("div", {}, cell(item))))));
  return h("table", { class: "fold" }, h("caption", { class: "hidden-text" }, caption), h("thead", {}, head), h("tbody", {}, rows));
}
