/*-------------------------------------------------------------------------
 *
 * amount.h
 *	  Amounts between PostgreSQL's types and the exact decimals of src/base.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_AMOUNT_H
#define CLV_PG_AMOUNT_H

#include "base/amount.h"

/* A numeric as it stands: no decimals are lost.  Raises on NaN, infinity and overflow. */
extern void clv_amount_from_numeric(Datum numeric, ClvAmount *mantissa, int *scale);

/* The shortest decimal that reads back as the same double. */
extern void clv_amount_from_float8(double value, ClvAmount *mantissa, int *scale);

extern Datum clv_amount_to_numeric(ClvAmount mantissa, int scale);

#endif							/* CLV_PG_AMOUNT_H */
