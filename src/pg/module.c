/*-------------------------------------------------------------------------
 *
 * module.c
 *	  The library's entry: what PostgreSQL checks when it loads clv.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "pg/compat.h"
#include "pg/portfolio.h"

CLV_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	clv_define_as_of();
	MarkGUCPrefixReserved("clv");
}
