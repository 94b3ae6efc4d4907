// English where the text is not its own key: words of the API.
export default {};
