/*-------------------------------------------------------------------------
 *
 * order_columns.h
 *	  The columns of a query for orders, and what their values mean.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_ORDER_COLUMNS_H
#define CLV_PG_ORDER_COLUMNS_H

#include "access/tupdesc.h"

#include "pg/day.h"
#include "pg/order_row.h"

/* The columns, in this order. */
enum
{
	CLV_COLUMN_CUSTOMER,
	CLV_COLUMN_ORDERED_AT,
	CLV_COLUMN_AMOUNT,			/* optional */
	CLV_COLUMN_ORDERS,			/* optional */
	CLV_MAX_COLUMNS
};

/* Has no pointers but the zone's, so that another process can have a copy. */
typedef struct ClvOrderColumns
{
	int			count;
	bool		refunds_count;	/* is an order of negative amount a purchase? */
	Oid			key_type;
	Oid			key_collation;
	Oid			moment_type;
	Oid			amount_type;
	ClvZone		zone;
} ClvOrderColumns;

/* Raises where the columns are not those of orders; zone_name may be NULL. */
extern void clv_order_columns_describe(ClvOrderColumns *columns, TupleDesc descriptor, Oid key_type, const char *zone_name);

/* The order of a row but for its key: values are in the order of the columns and not null. */
extern void clv_order_columns_read(ClvOrderColumns *columns, const Datum *values, ClvOrderRow *row);

/*
 * The values of a row at the given places, in the order of the columns; false
 * where one of them is NULL, which leaves the row out.
 */
static inline bool
clv_order_columns_pick(const ClvOrderColumns *columns, const Datum *values, const bool *nulls, const int *places,
					   Datum *picked)
{
	for (int i = 0; i < columns->count; i++)
	{
		if (nulls[places[i]])
			return false;
		picked[i] = values[places[i]];
	}
	return true;
}

#endif							/* CLV_PG_ORDER_COLUMNS_H */
