// Server-sent events out of text as it comes (the WHATWG's rules), for streams that are read with `fetch`.

/** A function that takes text in pieces of any size and calls `onEvent({event, data, id})` for each event that is whole. */
export function parser(onEvent) {
  let rest = "";
  let id = "";
  let fields = blank();
  const line = (text) => {
    if (text === "") {
      if (fields.data.length) onEvent({ event: fields.event || "message", data: fields.data.join("\n"), id });
      fields = blank();
      return;
    }
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(text);
    if (name === "data") fields.data.push(value);
    else if (name === "event") fields.event = value;
    else if (name === "id" && !value.includes("\0")) id = value;
  };
  return (text) => {
    rest += text;
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    lines.forEach(line);
  };
}

function blank() {
  return { event: "", data: [] };
}
