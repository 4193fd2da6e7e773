/*-------------------------------------------------------------------------
 *
 * order_columns.c
 *	  The columns of a query for orders, and what their values mean.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/order_log.h"
#include "pg/amount.h"
#include "pg/compat.h"
#include "pg/order_columns.h"

static int32
row_day(ClvOrderColumns *columns, Datum moment)
{
	switch (columns->moment_type)
	{
		case DATEOID:
			return clv_finite_day(DatumGetDateADT(moment), "The date of an order");
		case TIMESTAMPOID:
			return clv_day_of_timestamp(DatumGetTimestamp(moment));
		default:
			return clv_day_in_zone(DatumGetTimestampTz(moment), &columns->zone);
	}
}

static void
row_amount(ClvOrderColumns *columns, Datum amount, ClvAmount *mantissa, int *scale)
{
	*scale = 0;
	switch (columns->amount_type)
	{
		case NUMERICOID:
			clv_amount_from_numeric(amount, mantissa, scale);
			break;
		case FLOAT8OID:
			clv_amount_from_float8(DatumGetFloat8(amount), mantissa, scale);
			break;
		case INT2OID:
			*mantissa = DatumGetInt16(amount);
			break;
		case INT4OID:
			*mantissa = DatumGetInt32(amount);
			break;
		default:
			*mantissa = DatumGetInt64(amount);
	}
}

void
clv_order_columns_read(ClvOrderColumns *columns, const Datum *values, ClvOrderRow *row)
{
	ClvAmount	amount = 0;
	int32		orders = 1;

	row->day = row_day(columns, values[CLV_COLUMN_ORDERED_AT]);
	row->scale = 0;
	if (columns->count > CLV_COLUMN_AMOUNT)
		row_amount(columns, values[CLV_COLUMN_AMOUNT], &amount, &row->scale);
	if (columns->count > CLV_COLUMN_ORDERS)
		orders = DatumGetInt32(values[CLV_COLUMN_ORDERS]);
	else if (amount < 0 && !columns->refunds_count)
		orders = 0;
	row->wide = orders != 1 || !clv_amount_pack(amount, row->scale, &row->packed);
	if (row->wide)
		row->purchase = (ClvPurchase)
	{
		.day = row->day, .orders = orders, .amount = amount
	};
}

static void
column_error(Form_pg_attribute column, const char *role, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" of type %s cannot be %s", NameStr(column->attname),
					format_type_be(column->atttypid), role),
			 errhint("%s", hint)));
}

static void
describe_customer(ClvOrderColumns *columns, Form_pg_attribute customer, Oid key_type)
{
	if (customer->atttypid != key_type)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("customers are of type %s, not %s", format_type_be(customer->atttypid), format_type_be(key_type)),
				 errhint("Give the key argument as NULL::%s.", format_type_be(customer->atttypid))));
	columns->key_type = key_type;
	columns->key_collation = customer->attcollation;
}

static void
describe_moment(ClvOrderColumns *columns, Form_pg_attribute moment, const char *zone_name)
{
	columns->moment_type = getBaseType(moment->atttypid);
	if (columns->moment_type != DATEOID && columns->moment_type != TIMESTAMPOID &&
		columns->moment_type != TIMESTAMPTZOID)
		column_error(moment, "the time of an order", "Use a date, a timestamp or a timestamp with time zone.");
	if (columns->moment_type != TIMESTAMPTZOID)
		return;
	if (zone_name == NULL)
		column_error(moment, "the time of an order without a zone",
					 "Say whose clocks decide the day of an order, such as zone => 'Europe/Paris'.");
	else
		clv_find_zone(&columns->zone, zone_name, strlen(zone_name));
}

static void
describe_amount(ClvOrderColumns *columns, Form_pg_attribute amount)
{
	columns->amount_type = getBaseType(amount->atttypid);
	if (columns->amount_type != NUMERICOID && columns->amount_type != FLOAT8OID &&
		columns->amount_type != INT2OID && columns->amount_type != INT4OID && columns->amount_type != INT8OID)
		column_error(amount, "the amount of an order", "Use numeric, double precision or an integer, or cast it to one.");
}

void
clv_order_columns_describe(ClvOrderColumns *columns, TupleDesc descriptor, Oid key_type, const char *zone_name)
{
	columns->count = descriptor->natts;
	if (columns->count < CLV_COLUMN_AMOUNT || columns->count > CLV_MAX_COLUMNS)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("query returns %d columns", columns->count),
				 errhint("It must return customer, time of order and, if wanted, amount and number of orders.")));
	describe_customer(columns, TupleDescAttr(descriptor, CLV_COLUMN_CUSTOMER), key_type);
	describe_moment(columns, TupleDescAttr(descriptor, CLV_COLUMN_ORDERED_AT), zone_name);
	if (columns->count > CLV_COLUMN_AMOUNT)
		describe_amount(columns, TupleDescAttr(descriptor, CLV_COLUMN_AMOUNT));
	if (columns->count > CLV_COLUMN_ORDERS && TupleDescAttr(descriptor, CLV_COLUMN_ORDERS)->atttypid != INT4OID)
		column_error(TupleDescAttr(descriptor, CLV_COLUMN_ORDERS), "the number of orders", "Use an integer.");
}
