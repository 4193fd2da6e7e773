/*-------------------------------------------------------------------------
 *
 * error.h
 *	  From a status of the lower floors to one error a user can act on.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_ERROR_H
#define CLV_ERROR_H

#include "math/status.h"
#include "pg/compat.h"

/*
 * Raise the error of a status.  The detail is a printf format that names the
 * offending value and its unit, a complete sentence: "The amount is NaN."
 */
pg_noreturn extern void clv_raise(ClvStatus status, const char *detail,...)
			pg_attribute_printf(2, 3);

/* The same as a soft error, for input functions: returns if it was saved. */
extern void clv_save(struct Node *context, ClvStatus status, const char *detail,...)
			pg_attribute_printf(3, 4);

/* A ClvInterrupt that lets a query be cancelled. */
extern void clv_check_interrupts(void);

#endif							/* CLV_ERROR_H */
