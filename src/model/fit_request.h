/*-------------------------------------------------------------------------
 *
 * fit_request.h
 *	  The text that says what is to be fitted, and how.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_FIT_REQUEST_H
#define CLV_FIT_REQUEST_H

#include "model/fit.h"
#include "model/words.h"

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

#endif							/* CLV_FIT_REQUEST_H */
