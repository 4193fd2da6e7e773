/*-------------------------------------------------------------------------
 *
 * order_row.c
 *	  One order as bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "pg/compat.h"
#include "pg/order_row.h"

static size_t
key_size(const ClvCustomerKey *key, const ClvOrderRow *row)
{
	if (key->kind == CLV_KEY_IS_TAG)
		return 0;
	return key->by_value ? sizeof(Datum) : clv_key_size(key, row->key);
}

void
clv_order_row_write(StringInfo bytes, const ClvCustomerKey *key, const ClvOrderRow *row)
{
	size_t		key_bytes = key_size(key, row);
	size_t		amount_bytes = row->wide ? sizeof(ClvAmount) : 0;
	size_t		size = MAXALIGN(sizeof(ClvOrderRecord) + amount_bytes + key_bytes);
	ClvOrderRecord *record;
	char	   *rest;

	enlargeStringInfo(bytes, size);
	record = (ClvOrderRecord *) (bytes->data + bytes->len);
	bytes->len += size;
	record->size = size;
	record->wide_scale = row->wide ? row->scale : CLV_NOT_WIDE;
	record->tag = row->tag;
	record->packed = row->wide ? row->purchase.orders : row->packed;
	record->day = row->wide ? row->purchase.day : row->day;
	record->key_size = key_bytes;
	rest = (char *) (record + 1);
	if (row->wide)
		memcpy(rest, &row->purchase.amount, amount_bytes);
	if (key_bytes > 0)
		memcpy(rest + amount_bytes, key->by_value ? (const void *) &row->key : DatumGetPointer(row->key), key_bytes);
	memset(rest + amount_bytes + key_bytes, 0, size - sizeof(*record) - amount_bytes - key_bytes);
}

void
clv_order_row_read(const ClvOrderRecord *record, const ClvCustomerKey *key, ClvOrderRow *row)
{
	const char *rest = (const char *) (record + 1);

	row->tag = record->tag;
	row->key = (Datum) record->tag;
	row->packed = record->packed;
	row->day = record->day;
	row->scale = record->wide_scale;
	row->wide = record->wide_scale != CLV_NOT_WIDE;
	if (row->wide)
	{
		row->purchase.day = record->day;
		row->purchase.orders = (int32) record->packed;
		memcpy(&row->purchase.amount, rest, sizeof(ClvAmount));
		rest += sizeof(ClvAmount);
	}
	if (record->key_size == 0)
		return;
	if (key->by_value)
		memcpy(&row->key, rest, sizeof(row->key));
	else
		row->key = PointerGetDatum(rest);
}
