/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  Every difference between PostgreSQL 15, 16, 17 and 18 that clv meets.
 *	  No other file tests PG_VERSION_NUM.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_COMPAT_H
#define CLV_COMPAT_H

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#include "nodes/miscnodes.h"
#else
/* Soft errors came with 16: before, an input function raises. */
#define ereturn(context, dummy_value, ...) ereport(ERROR, __VA_ARGS__)
#define errsave(context, ...) ereport(ERROR, __VA_ARGS__)
/* What a parameter keeps beside its value came from malloc. */
#define guc_malloc(elevel, size) malloc(size)
#endif

#if PG_VERSION_NUM >= 180000
#define CLV_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "clv", .version = CLV_VERSION)
#else
#define CLV_MODULE_MAGIC PG_MODULE_MAGIC
/* Stands before a declaration since 18; before, an attribute stood behind it. */
#ifndef pg_noreturn
#define pg_noreturn __attribute__((noreturn))
#endif
#endif

#endif							/* CLV_COMPAT_H */
