import unittest

from normalization import primary_language, words


class Words(unittest.TestCase):
    def test_case_marks_and_dashes_do_not_count(self):
        self.assertEqual(words("Well-known: “Yes!” — she said…", "en"), "well known yes she said".split())
        self.assertEqual(words("Disse-me: ‘não’?", "pt-BR"), "disse me não".split())
        self.assertEqual(words("...", "en"), [])

    def test_apostrophes_belong_to_words_inside_them(self):
        self.assertEqual(words("'Don’t', it's five o'clock'", "en"), "don't it's five o'clock".split())

    def test_accents_count_however_they_are_encoded(self):
        self.assertEqual(words("avo\u0301", "pt"), words("avó", "pt"))
        self.assertNotEqual(words("avó", "pt"), words("avô", "pt"))

    def test_spellings_of_one_word_are_equal(self):
        self.assertEqual(words("OK, Dr. Gray", "en"), words("okay doctor grey", "en"))
        self.assertEqual(words("Fui pro Sr. Lima", "pt"), words("fui para o senhor Lima", "pt"))
        # A table is of its language alone.
        self.assertEqual(words("gray", "pt"), ["gray"])

    def test_signs_are_words(self):
        self.assertEqual(words("5% & more", "en"), "5 percent and more".split())
        self.assertEqual(words("5% & mais", "pt"), "5 por cento e mais".split())

    def test_figures_are_spelled_by_whoever_is_handed_in(self):
        spell = lambda text: text.replace("21", " twenty-one ")
        self.assertEqual(words("Room 21b", "en", spell), "room twenty one b".split())

    def test_marks_of_other_scripts_stay(self):
        self.assertEqual(words("हिन्दी।", "hi"), ["हिन्दी"])

    def test_the_region_is_passed_over(self):
        self.assertEqual([primary_language(tag) for tag in ("pt-BR", "pt_BR", "EN")], ["pt", "pt", "en"])


if __name__ == "__main__":
    unittest.main()
