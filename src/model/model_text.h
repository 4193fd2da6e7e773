/*-------------------------------------------------------------------------
 *
 * model_text.h
 *	  A model as text, exact.
 *
 * Text:
 *
 *	  bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
 *
 * is a model written by hand.  After a semicolon stands what more is known:
 *
 *	  ...; unit=7 days, status=ok, log_likelihood=-9582.43, customers=2357,
 *	  observations=1630, estimated=4, iterations=9, gradient_norm=1e-12,
 *	  covariance=[c11 c21 c22 c31 c32 c33 ...], limits=[l1 u1 l2 u2 ...]
 *
 * The unit is the length of the unit of time; parameters may come in any order
 * and under their other names.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_MODEL_TEXT_H
#define CLV_MODEL_TEXT_H

#include "model/model_check.h"

/* The longest text, with its zero: every number has at most 24 characters. */
#define CLV_MODEL_TEXT_SIZE (512 + 114 * CLV_MAX_PARAMETERS + 25 * CLV_MODEL_COVARIANCES)

/* Write the text into CLV_MODEL_TEXT_SIZE bytes; answers its length. */
extern int	clv_model_write(const ClvModel *model, char *out);

/* Read a text: CLV_MODEL_SYNTAX, CLV_UNKNOWN_FAMILY or CLV_PARAMETER_OUT_OF_RANGE with a sentence. */
extern ClvStatus clv_model_read(const char *string, ClvModel *model, char *message);

#endif							/* CLV_MODEL_TEXT_H */
