/*-------------------------------------------------------------------------
 *
 * words.h
 *	  The text of models and of fits: marks, words and numbers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_WORDS_H
#define CLV_WORDS_H

#include "model/family.h"

/* The longest name of a family. */
#define CLV_MODEL_FAMILY_SIZE 20

/* A sentence about what is wrong. */
#define CLV_MODEL_MESSAGE_SIZE 200

/* Write the sentence. */
extern void clv_say(char *message, const char *format,...)
			__attribute__((format(printf, 2, 3)));

/*
 * Each moves *s behind what it has read and answers whether that stood there;
 * white space before it is skipped.
 */
extern const char *clv_skip_space(const char *s);

/* One character, with white space behind it too. */
extern bool clv_take(const char **s, char c);

/* Letters, digits and underscores, in lower case. */
#define CLV_WORD_SIZE 32
extern bool clv_take_word(const char **s, char *word);

/* A finite decimal number: none of the hexadecimals and infinities that strtod() reads too. */
extern bool clv_take_number(const char **s, double *value);

/* A number as a model writes it, at most 24 characters: it reads back to the same bits. */
extern int	clv_number_write(double value, char *out);

#endif							/* CLV_WORDS_H */
