/* Speaks with espeak-ng and prints its phonemes with their places in the waveform.

   Reads lines "id<TAB>voice<TAB>text" (voice: a language with an optional variant, like pt-br+f2) and writes for each,
   in the machine's byte order:
     utterance<TAB>id<TAB>events<TAB>samples<TAB>samples a second
     the phonemes that it meant to say, in one line, with blanks between them and stress (' or ,) before vowels
     one line for each event: kind (phoneme, word or sentence)<TAB>sample<TAB>espeak-ng's name of the phoneme, or the number
     samples of 16 bits */
#include <espeak-ng/speak_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  char *bytes;
  size_t used, capacity;
} Buffer;

static Buffer samples, events;
static int event_count;

/* Phonemes by espeak-ng's names; from bit 8 on the character between them. */
enum { NAMES_WITH_BLANKS = 1 | ' ' << 8 };

static void append(Buffer *buffer, const void *bytes, size_t count) {
  if (buffer->used + count > buffer->capacity) {
    buffer->capacity = 2 * (buffer->used + count);
    buffer->bytes = realloc(buffer->bytes, buffer->capacity);
    if (!buffer->bytes) {
      fprintf(stderr, "out of memory\n");
      exit(1);
    }
  }
  memcpy(buffer->bytes + buffer->used, bytes, count);
  buffer->used += count;
}

static void append_event(const espeak_EVENT *event) {
  char line[64];
  int length;
  if (event->type == espeakEVENT_PHONEME)
    length = snprintf(line, sizeof line, "phoneme\t%d\t%.8s\n", event->sample, event->id.string);
  else if (event->type == espeakEVENT_WORD)
    length = snprintf(line, sizeof line, "word\t%d\t%d\n", event->sample, event->id.number);
  else if (event->type == espeakEVENT_SENTENCE)
    length = snprintf(line, sizeof line, "sentence\t%d\t%d\n", event->sample, event->id.number);
  else
    return;
  append(&events, line, (size_t)length);
  event_count++;
}

static int keep(short *wave, int count, espeak_EVENT *event) {
  if (wave && count > 0) append(&samples, wave, (size_t)count * sizeof(short));
  for (; event->type != espeakEVENT_LIST_TERMINATED; event++) append_event(event);
  return 0;
}

/* Clauses stand on lines of their own. */
static void print_trace(const char *trace, size_t length) {
  for (size_t i = 0; i < length; i++) putchar(trace[i] == '\n' ? ' ' : trace[i]);
  putchar('\n');
}

int main(void) {
  char *line = NULL;
  size_t capacity = 0, traced = 0;
  char *trace = NULL;
  FILE *tracer = open_memstream(&trace, &traced);
  int rate = espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, NULL, espeakINITIALIZE_PHONEME_EVENTS);
  if (rate <= 0) {
    fprintf(stderr, "espeak-ng cannot read its data\n");
    return 1;
  }
  espeak_SetSynthCallback(keep);
  espeak_SetPhonemeTrace(NAMES_WITH_BLANKS, tracer);
  while (getline(&line, &capacity, stdin) > 0) {
    char *id, *voice, *text;
    line[strcspn(line, "\n")] = 0;
    id = strtok(line, "\t");
    voice = strtok(NULL, "\t");
    text = strtok(NULL, "\t");
    if (!id || !voice || !text) {
      fprintf(stderr, "not id<TAB>voice<TAB>text: %s\n", id ? id : "an empty line");
      return 2;
    }
    if (espeak_SetVoiceByName(voice) != EE_OK) {
      fprintf(stderr, "espeak-ng has no voice %s\n", voice);
      return 2;
    }
    rewind(tracer);
    samples.used = events.used = 0;
    event_count = 0;
    espeak_Synth(text, strlen(text) + 1, 0, POS_CHARACTER, 0, espeakCHARS_UTF8 | espeakENDPAUSE, NULL, NULL);
    fflush(tracer);
    printf("utterance\t%s\t%d\t%zu\t%d\n", id, event_count, samples.used / sizeof(short), rate);
    print_trace(trace, traced);
    fwrite(events.bytes, 1, events.used, stdout);
    fwrite(samples.bytes, 1, samples.used, stdout);
  }
  free(line);
  espeak_Terminate();
  return 0;
}
