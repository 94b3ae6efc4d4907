// Portuguese, by the English text.
export default {};
