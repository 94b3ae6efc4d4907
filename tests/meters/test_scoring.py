import unittest

from scoring import compare, distance, total


def sentence(expected, heard):
    return compare(expected.split(), heard.split())


class Scoring(unittest.TestCase):
    def test_distance_counts_each_kind_of_error(self):
        self.assertEqual(distance("abc", "abc"), 0)
        self.assertEqual(distance("abc", "axc"), 1)
        self.assertEqual(distance("abc", "ac"), 1)
        self.assertEqual(distance("abc", "abbc"), 1)
        self.assertEqual(distance("", "abc"), 3)
        self.assertEqual(distance("kitten", "sitting"), 3)

    def test_characters_pass_over_where_words_are_parted(self):
        scored = sentence("to day", "today")
        self.assertEqual((scored.word_errors, scored.character_errors), (2, 0))

    def test_rates_are_shares_of_all_words(self):
        score = total([sentence("one two three", "one two three"), sentence("four", "for")])
        self.assertEqual((score.sentences, score.sentences_with_errors, score.words), (2, 1, 4))
        self.assertEqual((score.word_error_rate, score.capped_word_error_rate), (0.25, 0.25))
        self.assertEqual(score.character_error_rate, 1 / 15)

    def test_a_recogniser_that_repeats_itself_is_capped(self):
        score = total([sentence("yes", "no " * 50), sentence("one two three", "one two three")])
        self.assertEqual((score.word_error_rate, score.capped_word_error_rate), (12.5, 0.25))

    def test_the_interval_holds_the_rate_and_is_the_same_each_time(self):
        sentences = [sentence("one two", "one two")] * 15 + [sentence("one two", "one too")] * 5
        low, high = total(sentences).interval
        self.assertTrue(0 < low < total(sentences).capped_word_error_rate < high < 0.5)
        self.assertEqual((low, high), total(sentences).interval)
        self.assertEqual(total([sentence("one", "one")] * 20).interval, (0.0, 0.0))

    def test_nothing_cannot_be_scored(self):
        with self.assertRaises(ValueError):
            total([])


if __name__ == "__main__":
    unittest.main()
