// English where the text is not its own key: words of the API.
export default {
  too_short: "too short",
  too_long: "too long",
  no_text: "no text",
  two_speakers: "two speakers",
  text_too_long: "text too long",
  rate_odd: "odd pace",
  language_odd: "odd language",
};
