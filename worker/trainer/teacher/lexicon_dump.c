/* Prints how flite says each word of standard input: the word, a tab, and its phones with stress on vowels (ae1), or
   nothing behind the tab for a word that it cannot say. */
#include <stdio.h>
#include <string.h>

#include "cst_lexicon.h"
#include "flite.h"

cst_lexicon *cmu_lex_init(void);

int main(void) {
  char word[256];
  cst_lexicon *lexicon;
  flite_init();
  lexicon = cmu_lex_init();
  while (fgets(word, sizeof word, stdin)) {
    const cst_val *phone;
    cst_val *phones;
    word[strcspn(word, "\n")] = 0;
    phones = lex_lookup(lexicon, word, NULL, NULL);
    printf("%s\t", word);
    for (phone = phones; phone; phone = val_cdr(phone))
      printf("%s%s", phone == phones ? "" : " ", val_string(val_car(phone)));
    printf("\n");
    delete_val(phones);
  }
  return 0;
}
