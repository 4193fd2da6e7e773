/*-------------------------------------------------------------------------
 *
 * model_text.h
 *	  A model as text and as bytes, both exact.
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
 * Bytes are little-endian on every machine, so they are stored and sent alike:
 *
 *	  0		version
 *	  1		ClvFitStatus
 *	  2		number of parameters n
 *	  3		flags: 1 a fit's results follow, 2 the covariance, 4 the limits follow
 *	  4		family's name, 20 bytes padded with zeros
 *	  24	unit in days
 *	  32	n parameters
 *	  fit:	log-likelihood, customers, gradient norm (8 bytes each), number of
 *			different observations (8 bytes), estimated, at_bound, iterations,
 *			zero (4 bytes each)
 *	  covariance: lower triangle by rows
 *	  limits: lower and upper of each parameter, the upper may be infinite
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_MODEL_TEXT_H
#define CLV_MODEL_TEXT_H

#include "model/fit.h"

#define CLV_MODEL_VERSION 1

#define CLV_MODEL_FAMILY_SIZE 20
#define CLV_MODEL_COVARIANCES (CLV_MAX_PARAMETERS * (CLV_MAX_PARAMETERS + 1) / 2)
#define CLV_MODEL_MAX_BYTES (32 + 24 * CLV_MAX_PARAMETERS + 48 + 8 * CLV_MODEL_COVARIANCES)

/* The longest text, with its zero: every number has at most 24 characters. */
#define CLV_MODEL_TEXT_SIZE (512 + 114 * CLV_MAX_PARAMETERS + 25 * CLV_MODEL_COVARIANCES)

/* A sentence about what is wrong. */
#define CLV_MODEL_MESSAGE_SIZE 200

/*
 * Is everything in the model in range?  Every way into the type ends here.
 * message gets a sentence if not.
 */
extern ClvStatus clv_model_check(const ClvModel *model, char *message);

/* Write the text into CLV_MODEL_TEXT_SIZE bytes; answers its length. */
extern int	clv_model_write(const ClvModel *model, char *out);

/* A number as a model writes it, at most 24 characters: it reads back to the same bits. */
extern int	clv_number_write(double value, char *out);

/* Read a text: CLV_MODEL_SYNTAX, CLV_UNKNOWN_FAMILY or CLV_PARAMETER_OUT_OF_RANGE with a sentence. */
extern ClvStatus clv_model_read(const char *string, ClvModel *model, char *message);

/* Write the bytes, at most CLV_MODEL_MAX_BYTES; answers how many. */
extern size_t clv_model_pack(const ClvModel *model, uint8_t *bytes);

/* Read bytes that may be damaged. */
extern ClvStatus clv_model_unpack(const uint8_t *bytes, size_t size, ClvModel *model, char *message);

/*
 * What is to be fitted: a family, and in parentheses what an expert may say
 * about the fit: parameters to start from (all of them), the k of a family
 * that has one, max_iterations, tolerance, penalty, and unit_days: the unit in
 * which histories are counted, for families with opportunities their length.
 *
 *	  bg/nbd
 *	  bg/cnbd-k(k=3)
 *	  bg/bb(unit_days=7)
 *	  bg/nbd(r=1, alpha=10, a=1, b=1, max_iterations=500)
 *
 * clv_fit_request_normalize writes it without white space and in lower case
 * into `size` bytes padded with zeros; false if it does not fit.
 */
extern bool clv_fit_request_normalize(const char *string, size_t length, char *request, size_t size);

extern ClvStatus clv_fit_request_read(const char *request, const ClvFamily **family, ClvFitOptions *options,
									  char *message);

#endif							/* CLV_MODEL_TEXT_H */
