/*-------------------------------------------------------------------------
 *
 * module.c
 *	  The library's entry: what PostgreSQL checks when it loads clv.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "pg/compat.h"

CLV_MODULE_MAGIC;
