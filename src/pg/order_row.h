/*-------------------------------------------------------------------------
 *
 * order_row.h
 *	  One order as it comes from a query, and as bytes that go through a
 *	  file or to another process.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_ORDER_ROW_H
#define CLV_PG_ORDER_ROW_H

#include "lib/stringinfo.h"

#include "base/history.h"
#include "pg/customer_key.h"

/* An amount that can be packed is, and then purchase and scale are not set. */
typedef struct ClvOrderRow
{
	uint64		tag;			/* of the key */
	Datum		key;
	int64		packed;
	int32		day;
	bool		wide;
	int			scale;
	ClvPurchase purchase;
} ClvOrderRow;

/*
 * What the bytes of a row begin with; behind it stand the amount if it is
 * wide, and the key unless that is its tag.
 */
typedef struct ClvOrderRecord
{
	uint32		size;			/* of the whole, a multiple of MAXIMUM_ALIGNOF */
	int32		wide_scale;		/* or CLV_NOT_WIDE */
	uint64		tag;
	int64		packed;			/* of a wide row its number of orders */
	int32		day;
	uint32		key_size;
} ClvOrderRecord;

#define CLV_NOT_WIDE (-1)

/* Append the bytes of a row, whose key must not be toasted. */
extern void clv_order_row_write(StringInfo bytes, const ClvCustomerKey *key, const ClvOrderRow *row);

/* A row from its bytes.  A key that is passed by reference stays where it is in them. */
extern void clv_order_row_read(const ClvOrderRecord *record, const ClvCustomerKey *key, ClvOrderRow *row);

#endif							/* CLV_PG_ORDER_ROW_H */
