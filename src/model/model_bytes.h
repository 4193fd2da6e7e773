/*-------------------------------------------------------------------------
 *
 * model_bytes.h
 *	  A model as bytes, exact.
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
#ifndef CLV_MODEL_BYTES_H
#define CLV_MODEL_BYTES_H

#include "model/model_check.h"

#define CLV_MODEL_VERSION 1
#define CLV_MODEL_MAX_BYTES (32 + 24 * CLV_MAX_PARAMETERS + 48 + 8 * CLV_MODEL_COVARIANCES)

/* Write the bytes, at most CLV_MODEL_MAX_BYTES; answers how many. */
extern size_t clv_model_pack(const ClvModel *model, uint8_t *bytes);

/* Read bytes that may be damaged. */
extern ClvStatus clv_model_unpack(const uint8_t *bytes, size_t size, ClvModel *model, char *message);

#endif							/* CLV_MODEL_BYTES_H */
