/* Speaks with flite's parametric voices and prints what the voices decided on the way to their waveform.

   Reads lines "id<TAB>voice<TAB>text" (voice: slt, rms or awb) and writes for each, in the machine's byte order:
     utterance<TAB>id<TAB>phones<TAB>frames<TAB>channels<TAB>samples
     one line for each phone: name<TAB>end in seconds<TAB>stress of its syllable (0 or 1)<TAB>index of its word, or -1
     frames x channels floats: f0 in Hz (0: unvoiced), the mel-cepstrum, the strengths of the excitation's bands
     samples of 16 bits at 16 kHz; none unless the program was started with "audio"
   A text that cannot be spoken gives "unspoken<TAB>id". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cst_cg.h"
#include "cst_track.h"
#include "flite.h"

cst_voice *register_cmu_us_slt(const char *directory);
cst_voice *register_cmu_us_rms(const char *directory);
cst_voice *register_cmu_us_awb(const char *directory);

static cst_voice *voice_named(const char *name) {
  static cst_voice *slt, *rms, *awb;
  if (!strcmp(name, "slt")) return slt ? slt : (slt = register_cmu_us_slt(NULL));
  if (!strcmp(name, "rms")) return rms ? rms : (rms = register_cmu_us_rms(NULL));
  if (!strcmp(name, "awb")) return awb ? awb : (awb = register_cmu_us_awb(NULL));
  return NULL;
}

static int index_of(const cst_item *word) {
  int index = 0;
  const cst_item *before = item_prev(item_as(word, "Word"));
  for (; before; before = item_prev(before)) index++;
  return index;
}

static void print_phone(const cst_item *phone) {
  const cst_item *syllable = item_parent(item_as(phone, "SylStructure"));
  const cst_item *word = syllable ? item_parent(syllable) : NULL;
  const char *stress = syllable ? ffeature_string(syllable, "stress") : "0";
  printf("%s\t%.4f\t%s\t%d\n", item_name(phone), item_feat_float(phone, "end"), stress, word ? index_of(word) : -1);
}

static void print_utterance(const char *id, cst_utterance *utterance, int audio) {
  cst_cg_db *model = val_cg_db(feat_val(utterance->features, "cg_db"));
  cst_track *parameters = mlpg(val_track(feat_val(utterance->features, "param_track")), model);
  const cst_track *strengths = val_track(feat_val(utterance->features, "str_track"));
  const cst_item *first = relation_head(utt_relation(utterance, "Segment")), *phone;
  const cst_wave *wave = utt_wave(utterance);
  int frames = parameters->num_frames < strengths->num_frames ? parameters->num_frames : strengths->num_frames;
  int phones = 0, frame;
  for (phone = first; phone; phone = item_next(phone)) phones++;
  printf("utterance\t%s\t%d\t%d\t%d\t%d\n", id, phones, frames, parameters->num_channels + strengths->num_channels,
         audio ? wave->num_samples : 0);
  for (phone = first; phone; phone = item_next(phone)) print_phone(phone);
  for (frame = 0; frame < frames; frame++) {
    fwrite(parameters->frames[frame], sizeof(float), parameters->num_channels, stdout);
    fwrite(strengths->frames[frame], sizeof(float), strengths->num_channels, stdout);
  }
  if (audio) fwrite(wave->samples, sizeof(short), wave->num_samples, stdout);
  delete_track(parameters);
}

static int is_spoken(cst_utterance *utterance) {
  return utterance && feat_present(utterance->features, "param_track") &&
         feat_present(utterance->features, "str_track") && utt_wave(utterance) &&
         relation_head(utt_relation(utterance, "Segment"));
}

int main(int count, char **arguments) {
  int audio = count > 1 && !strcmp(arguments[1], "audio");
  char *line = NULL;
  size_t capacity = 0;
  flite_init();
  while (getline(&line, &capacity, stdin) > 0) {
    char *id, *name, *text;
    cst_voice *voice;
    cst_utterance *utterance;
    line[strcspn(line, "\n")] = 0;
    id = strtok(line, "\t");
    name = strtok(NULL, "\t");
    text = strtok(NULL, "\t");
    if (!id || !name || !text || !(voice = voice_named(name))) {
      fprintf(stderr, "not id<TAB>slt|rms|awb<TAB>text: %s\n", id ? id : "an empty line");
      return 2;
    }
    utterance = flite_synth_text(text, voice);
    if (is_spoken(utterance))
      print_utterance(id, utterance, audio);
    else
      printf("unspoken\t%s\n", id);
    if (utterance) delete_utterance(utterance);
  }
  free(line);
  return 0;
}
