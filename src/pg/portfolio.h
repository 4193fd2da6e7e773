/*-------------------------------------------------------------------------
 *
 * portfolio.h
 *	  What portfolios add to the session.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_PORTFOLIO_H
#define CLV_PG_PORTFOLIO_H

/* Define the parameter clv.as_of. */
extern void clv_define_as_of(void);

#endif							/* CLV_PG_PORTFOLIO_H */
