-- How a word of a dictionary begins, by which the words that may stand in a text are found without looking for each of them.
-- A word without a letter or a digit has none.
alter table speech.pronunciation add column opening text not null
  generated always as (coalesce(substring(lower(normalize(word, nfkc)) from '[[:alnum:]]+'), '')) stored;
