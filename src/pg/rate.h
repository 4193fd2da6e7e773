/*-------------------------------------------------------------------------
 *
 * rate.h
 *	  Confidence levels as arguments.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_RATE_H
#define CLV_PG_RATE_H

/* The normal quantile of a two-sided level between 0 and 1. */
extern double clv_level_argument(double level);

#endif							/* CLV_PG_RATE_H */
